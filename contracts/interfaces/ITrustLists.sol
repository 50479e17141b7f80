// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IIssuerRegistry} from "./IIssuerRegistry.sol";

/// @title Trust lists: up to sixteen trees under one root (PROTOCOL.md sections 2 and 4)
/// @notice A list's owner admits a tree and the tree's owner joins it, in either order; the notice runs from the later
/// of the two. The membership takes force with the first transaction after the notice that touches the list: a
/// member's publication, or `settle`. A proof under the list's root hides which member attested.
interface ITrustLists {
    /// @notice Who took a member out. By the list: earlier roots are void. By the tree or for silence: they are stale.
    enum Removal {
        ByList,
        ByTree,
        ForSilence
    }

    /// @notice A place in a list.
    /// @param treeId 0 = free.
    /// @param since Unix seconds from which the notice runs, 0 = the tree's owner has not joined.
    /// @param inForce Whether the tree is a member now.
    struct MemberFacts {
        uint64 treeId;
        uint40 since;
        bool inForce;
    }

    /// @notice A list. Of a tree's own list only root, epoch, generation and lastPublishedAt say something.
    /// @param notice Seconds between admission and effect.
    /// @param memberSilence Seconds of silence after which anyone may remove a member; 2^40-1 = never.
    /// @param root The newest root, 0 = none in force.
    /// @param epoch Counted from 0; grows when earlier roots become stale.
    /// @param generation Counted from 1; grows when earlier roots become void.
    /// @param lastPublishedAt Unix seconds, the smallest over members in force and not frozen; 0 = there is none.
    struct ListFacts {
        address owner;
        uint40 notice;
        uint40 memberSilence;
        uint256 root;
        uint48 epoch;
        uint48 generation;
        uint40 lastPublishedAt;
        MemberFacts[16] members;
    }

    event ListCreated(uint64 indexed listId, address indexed owner, uint40 notice, uint40 memberSilence);
    event MemberAdmitted(uint64 indexed listId, uint64 indexed treeId, uint8 place);
    event MemberJoined(uint64 indexed listId, uint64 indexed treeId);
    event MemberInForce(uint64 indexed listId, uint64 indexed treeId, uint8 place);
    event MemberRemoved(uint64 indexed listId, uint64 indexed treeId, Removal removal, address by);
    /// @notice A source has a new newest root.
    event RootRecorded(uint64 indexed source, uint256 indexed root, uint48 epoch, uint48 generation);
    /// @notice The source's earlier roots are stale from now on; `epoch` is the one that begins.
    event EpochEnded(uint64 indexed source, uint48 epoch);
    /// @notice The source's earlier roots are void from now on; `generation` is the one that begins.
    event RootsVoided(uint64 indexed source, uint48 generation);

    error UnknownTree(uint64 treeId);
    error UnknownList(uint64 listId);
    error NotOwner(uint64 issuerId, address account);
    error NotListOwner(uint64 listId, address account);
    error InvalidMemberSilence(uint40 memberSilence);
    error AlreadyAdmitted(uint64 listId, uint64 treeId);
    error AlreadyJoined(uint64 listId, uint64 treeId);
    error NotAdmitted(uint64 listId, uint64 treeId);
    error NotJoined(uint64 listId, uint64 treeId);
    error NotMember(uint64 listId, uint64 treeId);
    error ListFull(uint64 listId);
    error TooManyLists(uint64 treeId);
    error NothingPublished(uint64 treeId);
    error MemberNotSilent(uint64 treeId, uint40 lastPublishedAt, uint40 memberSilence);

    /// @notice Creates a list, owned by the sender.
    function createList(uint40 notice, uint40 memberSilence) external returns (uint64 listId);

    /// @notice Gives a tree a place in the list. By the list's owner.
    function admit(uint64 listId, uint64 treeId) external;

    /// @notice Consents to a list, four at most. By an owner of the tree's issuer, once the tree has published.
    function join(uint64 listId, uint64 treeId) external;

    /// @notice Puts memberships in force whose notice is over; does nothing where there is none. By anyone.
    function settle(uint64 listId) external;

    /// @notice Takes a tree off the list; if it was in force, every earlier root of the list is void. By its owner.
    function removeMember(uint64 listId, uint64 treeId) external;

    /// @notice Takes one's own tree off a list; if it was in force, earlier roots of the list are stale. By an owner of
    /// the tree's issuer.
    function leaveList(uint64 listId, uint64 treeId) external;

    /// @notice Takes a member off that was silent for the list's `memberSilence`: earlier roots are stale. By anyone.
    function removeSilent(uint64 listId, uint64 treeId) external;

    /// @notice Who acts for the trees' issuers.
    function ISSUERS() external view returns (IIssuerRegistry);

    /// @notice Whether there is such a list; every tree has its own, under the tree's id.
    function isSource(uint64 source) external view returns (bool);

    /// @notice The list, or `UnknownList`.
    function getList(uint64 listId) external view returns (ListFacts memory);

    /// @notice The lists that the tree's owner joined, its own aside; 0 = a free entry.
    function getListsOf(uint64 treeId) external view returns (uint64[4] memory);
}
