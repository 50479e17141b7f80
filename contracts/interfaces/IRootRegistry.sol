// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ITrustLists} from "./ITrustLists.sol";
import {Reason} from "./Reason.sol";

/// @title Trees, their publications, and which roots a reader accepts (PROTOCOL.md section 4)
/// @notice Ids come from one counter. A tree's id is also the id of its own list, whose only member it is for good; a
/// reader's `source` is always the id of a list.
interface IRootRegistry is ITrustLists {
    /// @notice One numbered publication of a tree.
    /// @param sequence Counted from 1 without gaps.
    /// @param previousRoot The root of the publication before, 0 in the first.
    /// @param root The root of the depth-14 tree: not 0, below r.
    /// @param size Leaves ever placed, at most 4^14; never falls.
    /// @param revoked Revocations ever made, a count of events; never falls.
    /// @param endsEpoch Makes earlier roots stale in this transaction; required where `revoked` grew.
    /// @param voids A correction: earlier roots are refused at once, whatever a reader allows.
    /// @param logHead Head of the issuer's log, over every entry before the publication's own.
    /// @param manifestHash Hash of the document that says where log and leaves are found.
    struct Publication {
        uint64 treeId;
        uint64 sequence;
        uint256 previousRoot;
        uint256 root;
        uint32 size;
        uint64 revoked;
        bool endsEpoch;
        bool voids;
        bytes32 logHead;
        bytes32 manifestHash;
    }

    /// @notice A tree as its latest publication left it, also one made while frozen.
    struct TreeFacts {
        uint64 issuerId;
        uint64 sequence;
        uint32 size;
        uint64 revoked;
        uint256 root;
        bool frozen;
    }

    /// @notice All that decides whether a root is accepted, for clients.
    /// @param frozen The source is the own list of a frozen tree.
    /// @param known The source published the root, and nothing has voided it since.
    /// @param current The root's epoch is the source's current one.
    /// @param publishedAt Unix seconds of the root's latest publication, 0 where not known.
    /// @param endedAt Unix seconds at which the root's epoch ended, 0 where it is current or not known.
    /// @param lastPublishedAt Unix seconds; the source's oldest word among its members, 0 = none.
    struct RootFacts {
        bool frozen;
        bool known;
        bool current;
        uint40 publishedAt;
        uint40 endedAt;
        uint40 lastPublishedAt;
    }

    event TreeCreated(uint64 indexed treeId, uint64 indexed issuerId);
    event Published(
        uint64 indexed treeId,
        uint64 indexed sequence,
        uint256 indexed root,
        address publisher,
        Publication publication
    );
    event TreeFrozen(uint64 indexed treeId, address indexed by, Reason reason, bytes32 evidence);
    event TreeUnfrozen(uint64 indexed treeId, address indexed by, Reason reason, bytes32 evidence);
    /// @notice A publication voided every earlier root of the tree and of the lists that hold it.
    /// @param reason Always Correction: that is what `voids` says.
    /// @param evidence The publication's `logHead`: the issuer's log, up to there, says what was corrected and why.
    event TreeVoided(uint64 indexed treeId, uint64 indexed sequence, Reason reason, bytes32 evidence);

    error NotPublisher(uint64 issuerId, address account);
    error NotGuardian(uint64 issuerId, address account);
    error InvalidSignature(address publisher);
    error DeadlinePassed(uint40 deadline, uint256 time);
    error WrongSequence(uint64 expected, uint64 given);
    error WrongPreviousRoot(uint256 expected, uint256 given);
    error RootOutOfRange(uint256 root);
    error SizeOutOfRange(uint32 previous, uint32 given);
    error RevokedFell(uint64 previous, uint64 given);
    error EpochMustEnd(uint64 previousRevoked, uint64 revoked);
    error AlreadyFrozen(uint64 treeId);
    error NotFrozen(uint64 treeId);

    /// @notice The tree's only reader-visible source is frozen.
    error SourceFrozen(uint64 source);
    /// @notice The source never published the root, or voided it since.
    error UnknownRoot(uint64 source, uint256 root);
    /// @notice The root's epoch ended too long ago for this reader.
    error StaleRoot(uint256 root, uint40 endedAt, uint40 maxStaleness);
    /// @notice The source has not spoken for too long for this reader.
    error SilentSource(uint64 source, uint40 lastPublishedAt, uint40 maxSilence);

    /// @notice Creates a tree for an issuer. By an owner of the issuer.
    function createTree(uint64 issuerId) external returns (uint64 treeId);

    /// @notice Publishes. By a publisher of the tree's issuer.
    function publish(Publication calldata publication) external;

    /// @notice Publishes in a publisher's name. By anyone with the publisher's signature.
    /// @param deadline The last second at which the signature counts.
    /// @param signature EIP-712 over the publication's fields and the deadline; of a key, or of an ERC-1271 account.
    function publishBySignature(
        Publication calldata publication,
        uint40 deadline,
        address publisher,
        bytes calldata signature
    ) external;

    /// @notice Voids every earlier root of the tree and empties its place in its lists. By a guardian or an owner.
    /// @dev Publications go on while a tree is frozen; they are recorded and enter no list.
    function freeze(uint64 treeId, Reason reason, bytes32 evidence) external;

    /// @notice Ends a freeze with a publication, which is the first that counts again. By an owner.
    /// @dev The one publication in which `size` and `revoked` may fall: a thief with a key can't brick the tree.
    /// It names its predecessor, as every publication does, so that it can't undo revocations that an honest publisher
    /// made known meanwhile. Whoever may publish can therefore get ahead of it and make it revert; so take the stolen
    /// key's role first (`rotateKey`), which nobody can hinder and without which the thief would go on publishing after it,
    /// and tell one's own publishers to pause. A timelock waits for the one before it schedules the other; the tree stays
    /// frozen, and safe, meanwhile.
    function unfreeze(Publication calldata publication, Reason reason, bytes32 evidence) external;

    /// @notice Reverts unless a reader with these limits accepts the root now.
    /// @param source A list, or a tree for the tree's own list.
    /// @param maxStaleness Seconds for which a root outlives its epoch; 0 = none.
    /// @param maxSilence Seconds that the source may be silent; 2^40-1 = any.
    function checkRoot(uint64 source, uint256 root, uint40 maxStaleness, uint40 maxSilence) external view;

    /// @notice What `checkRoot` judges by.
    function getRoot(uint64 source, uint256 root) external view returns (RootFacts memory);

    /// @notice The tree, or `UnknownTree`.
    function getTree(uint64 treeId) external view returns (TreeFacts memory);

    /// @notice What a publisher signs.
    function hashPublication(Publication calldata publication, uint40 deadline) external view returns (bytes32 digest);
}
