// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IIssuerRegistry} from "./interfaces/IIssuerRegistry.sol";
import {ITrustLists} from "./interfaces/ITrustLists.sol";
import {Reason} from "./interfaces/Reason.sol";
import {RootHistory} from "./libraries/RootHistory.sol";
import {Memberships} from "./Memberships.sol";

/// @title TrustLists
/// @notice See ITrustLists. RootRegistry completes it with the trees' publications.
abstract contract TrustLists is ITrustLists, Memberships {
    using RootHistory for RootHistory.Source;

    /// @inheritdoc ITrustLists
    IIssuerRegistry public immutable ISSUERS;

    constructor(IIssuerRegistry issuers) {
        ISSUERS = issuers;
    }

    modifier onlyTreeOwner(uint64 treeId) {
        _checkOwner(_issuerOf(treeId));
        _;
    }

    modifier onlyListOwner(uint64 listId) {
        address owner = _listOf(listId).owner;
        if (owner != msg.sender) revert NotListOwner(listId, msg.sender);
        _;
    }

    /// @inheritdoc ITrustLists
    function createList(uint40 notice, uint40 memberSilence) external returns (uint64 listId) {
        // Check: with none, anyone could empty the list at any time.
        if (memberSilence == 0) revert InvalidMemberSilence(memberSilence);

        // Effect
        listId = ++_lastId;
        List storage list = _lists[listId];
        (list.owner, list.notice, list.memberSilence) = (msg.sender, notice, memberSilence);
        _sources[listId].create();
        emit ListCreated(listId, msg.sender, notice, memberSilence);
    }

    /// @inheritdoc ITrustLists
    function offerList(uint64 listId, address account, Reason reason, bytes32 evidence) external onlyListOwner(listId) {
        _lists[listId].offeredTo = account;
        emit ListOffered(listId, account, msg.sender, reason, evidence);
    }

    /// @inheritdoc ITrustLists
    function acceptList(uint64 listId) external {
        // Check
        List storage list = _listOf(listId);
        if (list.offeredTo != msg.sender) revert ListNotOffered(listId, msg.sender);

        // Effect
        emit ListAccepted(listId, msg.sender, list.owner);
        (list.owner, list.offeredTo) = (msg.sender, address(0));
    }

    /// @inheritdoc ITrustLists
    function admit(uint64 listId, uint64 treeId, Reason reason, bytes32 evidence) external onlyListOwner(listId) {
        // Check
        _issuerOf(treeId);
        List storage list = _lists[listId];
        Seat storage seat = list.seats[treeId];
        if (seat.admitted) revert AlreadyAdmitted(listId, treeId);

        // Effect
        uint8 place = _freePlace(listId);
        list.treeIds[place] = treeId;
        (seat.admitted, seat.place) = (true, place);
        emit MemberAdmitted(listId, treeId, place, msg.sender, reason, evidence);
        if (seat.joined) _startNotice(list, seat);
    }

    /// @inheritdoc ITrustLists
    function join(uint64 listId, uint64 treeId, Reason reason, bytes32 evidence) external onlyTreeOwner(treeId) {
        // Check
        List storage list = _listOf(listId);
        Seat storage seat = list.seats[treeId];
        if (seat.joined) revert AlreadyJoined(listId, treeId);
        if (_sources[treeId].state.lastPublishedAt == 0) revert NothingPublished(treeId);

        // Effect
        _replaceListOf(treeId, 0, listId);
        seat.joined = true;
        emit MemberJoined(listId, treeId, msg.sender, reason, evidence);
        if (seat.admitted) _startNotice(list, seat);
    }

    /// @inheritdoc ITrustLists
    function settle(uint64 listId) external {
        (bool touched, uint256 stale) = _settle(listId, _listOf(listId));
        if (touched) _recordList(listId, stale);
    }

    /// @inheritdoc ITrustLists
    function removeMember(
        uint64 listId,
        uint64 treeId,
        Reason reason,
        bytes32 evidence
    ) external onlyListOwner(listId) {
        // Check
        Seat memory seat = _lists[listId].seats[treeId];
        if (!seat.admitted) revert NotAdmitted(listId, treeId);

        // Effect
        emit MemberRemoved(listId, treeId, Removal.ByList, msg.sender, reason, evidence);
        uint256 stale = _vacate(listId, treeId, seat);
        if (!seat.inForce) return;
        _sources[listId].voidAll(listId);
        _recordList(listId, stale);
    }

    /// @inheritdoc ITrustLists
    function voidList(uint64 listId, Reason reason, bytes32 evidence) external onlyListOwner(listId) {
        emit ListVoided(listId, msg.sender, reason, evidence);
        (, uint256 stale) = _settle(listId, _lists[listId]);
        _sources[listId].voidAll(listId);
        _recordList(listId, stale);
    }

    /// @inheritdoc ITrustLists
    function leaveList(uint64 listId, uint64 treeId, Reason reason, bytes32 evidence) external onlyTreeOwner(treeId) {
        // Check
        Seat memory seat = _listOf(listId).seats[treeId];
        if (!seat.joined) revert NotJoined(listId, treeId);

        // Effect
        emit MemberRemoved(listId, treeId, Removal.ByTree, msg.sender, reason, evidence);
        uint256 stale = _vacate(listId, treeId, seat);
        if (!seat.inForce) return;
        _sources[listId].endEpoch(listId);
        _recordList(listId, stale);
    }

    /// @inheritdoc ITrustLists
    function removeSilent(uint64 listId, uint64 treeId) external {
        // Check: silence is judged by what counted last, so a tree that stays frozen falls silent too.
        List storage list = _listOf(listId);
        Seat memory seat = list.seats[treeId];
        if (!seat.inForce) revert NotMember(listId, treeId);
        uint40 spoke = _sources[treeId].state.lastPublishedAt;
        uint40 silence = list.memberSilence;
        if (silence == RootHistory.NEVER || block.timestamp < uint256(spoke) + silence) {
            revert MemberNotSilent(treeId, spoke, silence);
        }

        // Effect
        emit MemberRemoved(listId, treeId, Removal.ForSilence, msg.sender, Reason.Silence, 0);
        uint256 stale = _vacate(listId, treeId, seat);
        _sources[listId].endEpoch(listId);
        _recordList(listId, stale);
    }

    /// @inheritdoc ITrustLists
    function isSource(uint64 source) external view returns (bool) {
        return _sources[source].exists();
    }

    /// @inheritdoc ITrustLists
    function getList(uint64 listId) external view returns (ListFacts memory facts) {
        RootHistory.Source storage source = _sources[listId];
        if (!source.exists()) revert UnknownList(listId);
        List storage list = _lists[listId];
        (facts.owner, facts.offeredTo) = (list.owner, list.offeredTo);
        (facts.notice, facts.memberSilence) = (list.notice, list.memberSilence);
        (facts.root, facts.epoch) = (source.newest, source.state.epoch);
        (facts.generation, facts.lastPublishedAt) = (source.state.generation, source.state.lastPublishedAt);
        for (uint256 place = 0; place < facts.members.length; ++place) {
            uint64 treeId = list.treeIds[place];
            if (treeId == 0) continue;
            Seat memory seat = list.seats[treeId];
            facts.members[place] = MemberFacts(treeId, seat.since, seat.inForce);
        }
    }

    /// @inheritdoc ITrustLists
    function getListsOf(uint64 treeId) external view returns (uint64[4] memory listIds) {
        uint256 packed = _listsOf[treeId];
        for (uint256 i = 0; i < listIds.length; ++i) listIds[i] = uint64(packed >> (i * LIST_BITS));
    }

    /// @dev The tree's issuer; every tree has one.
    function _issuerOf(uint64 treeId) internal view returns (uint64 issuerId) {
        issuerId = _trees[treeId].issuerId;
        if (issuerId == 0) revert UnknownTree(treeId);
    }

    /// @dev An issuer that doesn't exist has no owner.
    function _checkOwner(uint64 issuerId) internal view {
        if (!ISSUERS.isOwner(issuerId, msg.sender)) revert IIssuerRegistry.NotOwner(issuerId, msg.sender);
    }
}
