// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IIssuerRegistry} from "./interfaces/IIssuerRegistry.sol";
import {IRootRegistry} from "./interfaces/IRootRegistry.sol";
import {Reason} from "./interfaces/Reason.sol";
import {ListTree} from "./libraries/ListTree.sol";
import {RootHistory} from "./libraries/RootHistory.sol";
import {FIELD} from "./libraries/Statement.sol";
import {TrustLists} from "./TrustLists.sol";

/// @title RootRegistry
/// @notice See IRootRegistry for trees and roots, ITrustLists for lists.
contract RootRegistry is IRootRegistry, TrustLists, EIP712 {
    using RootHistory for RootHistory.Source;

    /// @dev The leaves of a tree of depth 14.
    uint32 private constant MAX_SIZE = 4 ** 14;

    bytes32 private constant PUBLICATION_TYPEHASH = keccak256(
        "Publication(uint64 treeId,uint64 sequence,uint256 previousRoot,uint256 root,uint32 size,uint64 revoked,bool endsEpoch,bool voids,bytes32 logHead,bytes32 manifestHash,uint40 deadline)"
    );

    constructor(IIssuerRegistry issuers) TrustLists(issuers) EIP712("Eligo", "1") {}

    /// @inheritdoc IRootRegistry
    function createTree(uint64 issuerId) external returns (uint64 treeId) {
        // Check: an issuer that doesn't exist has no owner.
        _checkOwner(issuerId);

        // Effect
        treeId = ++_lastId;
        _trees[treeId].issuerId = issuerId;
        _sources[treeId].create();
        emit TreeCreated(treeId, issuerId);
    }

    /// @inheritdoc IRootRegistry
    function publish(Publication calldata publication) external {
        _publish(publication, msg.sender);
    }

    /// @inheritdoc IRootRegistry
    function publishBySignature(
        Publication calldata publication,
        uint40 deadline,
        address publisher,
        bytes calldata signature
    ) external {
        // Check
        if (block.timestamp > deadline) revert DeadlinePassed(deadline, block.timestamp);
        bytes32 digest = hashPublication(publication, deadline);
        if (!SignatureChecker.isValidSignatureNow(publisher, digest, signature)) revert InvalidSignature(publisher);

        _publish(publication, publisher);
    }

    /// @inheritdoc IRootRegistry
    function freeze(uint64 treeId, Reason reason, bytes32 evidence) external {
        // Check
        uint64 issuerId = _issuerOf(treeId);
        if (!ISSUERS.isGuardian(issuerId, msg.sender) && !ISSUERS.isOwner(issuerId, msg.sender)) {
            revert NotGuardian(issuerId, msg.sender);
        }
        RootHistory.Source storage source = _sources[treeId];
        if (source.state.frozen) revert AlreadyFrozen(treeId);

        // Effect
        source.state.frozen = true;
        emit TreeFrozen(treeId, msg.sender, reason, evidence);
        source.voidAll(treeId);
        _followTree(treeId, false, true);
    }

    /// @inheritdoc IRootRegistry
    function unfreeze(
        Publication calldata publication,
        Reason reason,
        bytes32 evidence
    ) external onlyTreeOwner(publication.treeId) {
        // Check
        uint64 treeId = publication.treeId;
        RootHistory.Source storage source = _sources[treeId];
        if (!source.state.frozen) revert NotFrozen(treeId);
        Tree storage tree = _trees[treeId];
        _checkSuccession(tree, publication);

        // Effect
        source.state.frozen = false;
        emit TreeUnfrozen(treeId, msg.sender, reason, evidence);
        _store(tree, publication, msg.sender);
        _enterLists(publication, true);
    }

    /// @inheritdoc IRootRegistry
    function checkRoot(uint64 source, uint256 root, uint40 maxStaleness, uint40 maxSilence) external view {
        _sources[source].check(source, root, maxStaleness, maxSilence);
    }

    /// @inheritdoc IRootRegistry
    function getRoot(uint64 source, uint256 root) external view returns (RootFacts memory) {
        return _sources[source].facts(root);
    }

    /// @inheritdoc IRootRegistry
    function getTree(uint64 treeId) external view returns (TreeFacts memory) {
        _issuerOf(treeId);
        Tree memory tree = _trees[treeId];
        bool frozen = _sources[treeId].state.frozen;
        return TreeFacts(tree.issuerId, tree.sequence, tree.size, tree.revoked, tree.root, frozen);
    }

    /// @inheritdoc IRootRegistry
    function hashPublication(Publication calldata p, uint40 deadline) public view returns (bytes32 digest) {
        // A publication is static: its encoding is its fields, one word each, as EIP-712 wants them.
        return _hashTypedDataV4(keccak256(abi.encode(PUBLICATION_TYPEHASH, p, deadline)));
    }

    /// @dev Nothing here asks whether the tree is frozen before the end: a freeze never stops a publication.
    function _publish(Publication calldata publication, address publisher) private {
        // Check
        uint64 issuerId = _issuerOf(publication.treeId);
        if (!ISSUERS.isPublisher(issuerId, publisher)) revert NotPublisher(issuerId, publisher);
        Tree storage tree = _trees[publication.treeId];
        _checkSuccession(tree, publication);
        if (publication.size < tree.size) revert SizeOutOfRange(tree.size, publication.size);
        if (publication.revoked < tree.revoked) revert RevokedFell(tree.revoked, publication.revoked);

        // Effect
        _store(tree, publication, publisher);
        if (!_sources[publication.treeId].state.frozen) _enterLists(publication, publication.voids);
    }

    /// @dev What holds of every publication, the one that ends a freeze included.
    function _checkSuccession(Tree storage tree, Publication calldata p) private view {
        if (p.sequence != tree.sequence + 1) revert WrongSequence(tree.sequence + 1, p.sequence);
        if (p.previousRoot != tree.root) revert WrongPreviousRoot(tree.root, p.previousRoot);
        if (p.root == 0 || p.root >= FIELD) revert RootOutOfRange(p.root);
        if (p.size > MAX_SIZE) revert SizeOutOfRange(tree.size, p.size);
        if (p.revoked > tree.revoked && !p.endsEpoch) revert EpochMustEnd(tree.revoked, p.revoked);
    }

    function _store(Tree storage tree, Publication calldata p, address publisher) private {
        (tree.sequence, tree.size, tree.revoked, tree.root) = (p.sequence, p.size, p.revoked, p.root);
        emit Published(p.treeId, p.sequence, p.root, publisher, p);
    }

    /// @dev Into the tree's own list first, then into every other that holds it.
    function _enterLists(Publication calldata p, bool voids) private {
        RootHistory.Source storage source = _sources[p.treeId];
        // A heartbeat repeats the root and needs no hashing. After a freeze there is no newest root to repeat.
        uint256 listRoot = p.root == p.previousRoot ? source.newest : 0;
        if (listRoot == 0) listRoot = ListTree.rootOfOne(p.root);
        if (p.endsEpoch) source.endEpoch(p.treeId);
        if (voids) _voidAll(source, p);
        source.record(p.treeId, listRoot, uint40(block.timestamp));
        _followTree(p.treeId, p.endsEpoch, voids);
    }

    function _voidAll(RootHistory.Source storage source, Publication calldata p) private {
        if (p.voids) emit TreeVoided(p.treeId, p.sequence, Reason.Correction, p.logHead);
        source.voidAll(p.treeId);
    }
}
