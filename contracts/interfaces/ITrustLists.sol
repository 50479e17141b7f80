// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IIssuerRegistry} from "./IIssuerRegistry.sol";
import {Reason} from "./Reason.sol";

/// @title Trust lists: up to sixteen trees under one root (PROTOCOL.md sections 2 and 4)
/// @notice A list's owner admits a tree and the tree's owner joins it, in either order; the notice runs from the later
/// of the two. The membership takes force with the first transaction after the notice that touches the list: a
/// publication, a freeze or its end of a tree that joined it, `voidList`, or `settle`, but not a departure. A proof under
/// the list's root hides which member attested. Every act but those that anyone may do says why: see Reason.
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
    /// @param offeredTo Who may accept the list, 0 = nobody.
    /// @param notice Seconds between admission and effect.
    /// @param memberSilence Seconds of silence after which anyone may remove a member; 2^40-1 = never.
    /// @param root The newest root, 0 = none in force.
    /// @param epoch Counted from 0; grows when earlier roots become stale.
    /// @param generation Counted from 1; grows when earlier roots become void.
    /// @param lastPublishedAt Unix seconds, the smallest over members in force and not frozen; 0 = there is none. Of a
    /// tree's own list: when the tree last published what counts, also while it is frozen.
    struct ListFacts {
        address owner;
        address offeredTo;
        uint40 notice;
        uint40 memberSilence;
        uint256 root;
        uint48 epoch;
        uint48 generation;
        uint40 lastPublishedAt;
        MemberFacts[16] members;
    }

    event ListCreated(uint64 indexed listId, address indexed owner, uint40 notice, uint40 memberSilence);
    /// @notice Whatever was offered before is not any more. An offer to 0 is none.
    event ListOffered(
        uint64 indexed listId,
        address indexed account,
        address indexed by,
        Reason reason,
        bytes32 evidence
    );
    event ListAccepted(uint64 indexed listId, address indexed account, address indexed from);
    event MemberAdmitted(
        uint64 indexed listId,
        uint64 indexed treeId,
        uint8 place,
        address by,
        Reason reason,
        bytes32 evidence
    );
    event MemberJoined(uint64 indexed listId, uint64 indexed treeId, address by, Reason reason, bytes32 evidence);
    event MemberInForce(uint64 indexed listId, uint64 indexed treeId, uint8 place);
    event MemberRemoved(
        uint64 indexed listId,
        uint64 indexed treeId,
        Removal removal,
        address by,
        Reason reason,
        bytes32 evidence
    );
    /// @notice The list's owner voided its earlier roots; the one that is recorded next counts.
    event ListVoided(uint64 indexed listId, address indexed by, Reason reason, bytes32 evidence);
    /// @notice A source has a new newest root.
    event RootRecorded(uint64 indexed source, uint256 indexed root, uint48 epoch, uint48 generation);
    /// @notice The source's earlier roots are stale from now on; `epoch` is the one that begins.
    event EpochEnded(uint64 indexed source, uint48 epoch);
    /// @notice The source's earlier roots are void from now on; `generation` is the one that begins.
    event RootsVoided(uint64 indexed source, uint48 generation);

    error UnknownTree(uint64 treeId);
    error UnknownList(uint64 listId);
    error NotListOwner(uint64 listId, address account);
    error ListNotOffered(uint64 listId, address account);
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

    /// @notice Offers the list to somebody else; nothing changes until the account accepts. A later offer takes the place
    /// of an earlier one, and one to 0 withdraws it. By the list's owner.
    function offerList(uint64 listId, address account, Reason reason, bytes32 evidence) external;

    /// @notice Becomes the list's owner in place of who offered it. By the account to which it is offered.
    function acceptList(uint64 listId) external;

    /// @notice Gives a tree a place in the list. By the list's owner.
    function admit(uint64 listId, uint64 treeId, Reason reason, bytes32 evidence) external;

    /// @notice Consents to a list, four at most. By an owner of the tree's issuer, once the tree has published.
    function join(uint64 listId, uint64 treeId, Reason reason, bytes32 evidence) external;

    /// @notice Puts memberships in force whose notice is over; does nothing where there is none. By anyone.
    function settle(uint64 listId) external;

    /// @notice Takes a tree off the list; if it was in force, every earlier root of the list is void. By its owner.
    /// @dev The remedy for a member that published what it shouldn't, by a stolen key or not: what its guardian does by a
    /// freeze, for this list, and needs nobody of the member's.
    function removeMember(uint64 listId, uint64 treeId, Reason reason, bytes32 evidence) external;

    /// @notice Voids every earlier root of the list and records the present one. By its owner.
    /// @dev For a member that is gone already: it left, or was removed for silence, and so its roots are only stale.
    /// Otherwise a thief could leave, or anyone could remove a silent member, just before `removeMember` would have voided
    /// them. Members that are still there keep their places: to distrust one, remove it.
    function voidList(uint64 listId, Reason reason, bytes32 evidence) external;

    /// @notice Takes one's own tree off a list; if it was in force, earlier roots of the list are stale. By an owner of
    /// the tree's issuer.
    function leaveList(uint64 listId, uint64 treeId, Reason reason, bytes32 evidence) external;

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
