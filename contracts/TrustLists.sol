// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IIssuerRegistry} from "./interfaces/IIssuerRegistry.sol";
import {ITrustLists} from "./interfaces/ITrustLists.sol";
import {ListTree} from "./libraries/ListTree.sol";
import {PackedTimes} from "./libraries/PackedTimes.sol";
import {RootHistory} from "./libraries/RootHistory.sol";

/// @title TrustLists
/// @notice See ITrustLists. RootRegistry completes it with the trees' publications.
abstract contract TrustLists is ITrustLists {
    using ListTree for ListTree.Tree;
    using PackedTimes for PackedTimes.Times;
    using RootHistory for RootHistory.Source;

    /// @dev The latest publication. `root` is the root of depth 14; whether it counts, the own list's `frozen` says.
    struct Tree {
        uint64 issuerId;
        uint64 sequence;
        uint32 size;
        uint64 revoked;
        uint256 root;
    }

    /// @dev One tree's standing with one list. The notice runs from `since`, 0 until the tree is admitted and joined.
    struct Seat {
        bool admitted;
        bool joined;
        bool inForce;
        uint8 place;
        uint40 since;
    }

    /// @dev `waitingSince` is at most the smallest `since` of a seat that waits for its notice, 0 = none waits.
    struct List {
        address owner;
        uint40 notice;
        uint40 memberSilence;
        uint40 waitingSince;
        uint64[16] treeIds;
        mapping(uint64 treeId => Seat) seats;
        ListTree.Tree tree;
        PackedTimes.Times times;
    }

    /// @inheritdoc ITrustLists
    IIssuerRegistry public immutable ISSUERS;

    /// @dev Trees and lists draw their ids from here.
    uint64 internal _lastId;

    mapping(uint64 treeId => Tree) internal _trees;
    mapping(uint64 listId => RootHistory.Source) internal _sources;
    mapping(uint64 listId => List) private _lists;
    mapping(uint64 treeId => uint64[4] listIds) private _listsOf;

    constructor(IIssuerRegistry issuers) {
        ISSUERS = issuers;
    }

    modifier onlyTreeOwner(uint64 treeId) {
        uint64 issuerId = _issuerOf(treeId);
        if (!ISSUERS.isOwner(issuerId, msg.sender)) revert NotOwner(issuerId, msg.sender);
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
    function admit(uint64 listId, uint64 treeId) external onlyListOwner(listId) {
        // Check
        _issuerOf(treeId);
        List storage list = _lists[listId];
        Seat storage seat = list.seats[treeId];
        if (seat.admitted) revert AlreadyAdmitted(listId, treeId);

        // Effect
        uint8 place = _freePlace(listId);
        list.treeIds[place] = treeId;
        (seat.admitted, seat.place) = (true, place);
        emit MemberAdmitted(listId, treeId, place);
        if (seat.joined) _startNotice(list, seat);
    }

    /// @inheritdoc ITrustLists
    function join(uint64 listId, uint64 treeId) external onlyTreeOwner(treeId) {
        // Check
        List storage list = _listOf(listId);
        Seat storage seat = list.seats[treeId];
        if (seat.joined) revert AlreadyJoined(listId, treeId);
        if (_sources[treeId].state.lastPublishedAt == 0) revert NothingPublished(treeId);

        // Effect
        _replaceListOf(treeId, 0, listId);
        seat.joined = true;
        emit MemberJoined(listId, treeId);
        if (seat.admitted) _startNotice(list, seat);
    }

    /// @inheritdoc ITrustLists
    function settle(uint64 listId) external {
        (bool touched, uint256 stale) = _settle(listId, _listOf(listId));
        if (touched) _recordList(listId, stale);
    }

    /// @inheritdoc ITrustLists
    function removeMember(uint64 listId, uint64 treeId) external onlyListOwner(listId) {
        // Check
        Seat memory seat = _lists[listId].seats[treeId];
        if (!seat.admitted) revert NotAdmitted(listId, treeId);

        // Effect
        emit MemberRemoved(listId, treeId, Removal.ByList, msg.sender);
        uint256 stale = _vacate(listId, treeId, seat);
        if (!seat.inForce) return;
        _sources[listId].voidAll(listId);
        _recordList(listId, stale);
    }

    /// @inheritdoc ITrustLists
    function leaveList(uint64 listId, uint64 treeId) external onlyTreeOwner(treeId) {
        // Check
        Seat memory seat = _listOf(listId).seats[treeId];
        if (!seat.joined) revert NotJoined(listId, treeId);

        // Effect
        emit MemberRemoved(listId, treeId, Removal.ByTree, msg.sender);
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
        emit MemberRemoved(listId, treeId, Removal.ForSilence, msg.sender);
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
        (facts.owner, facts.notice, facts.memberSilence) = (list.owner, list.notice, list.memberSilence);
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
    function getListsOf(uint64 treeId) external view returns (uint64[4] memory) {
        return _listsOf[treeId];
    }

    /// @dev Carries what happened to a tree into every list that holds it.
    function _followTree(uint64 treeId, bool endsEpoch, bool voids) internal {
        uint64[4] memory listIds = _listsOf[treeId];
        for (uint256 i = 0; i < listIds.length; ++i) {
            if (listIds[i] != 0) _follow(listIds[i], treeId, endsEpoch, voids);
        }
    }

    /// @dev The tree's issuer; every tree has one.
    function _issuerOf(uint64 treeId) internal view returns (uint64 issuerId) {
        issuerId = _trees[treeId].issuerId;
        if (issuerId == 0) revert UnknownTree(treeId);
    }

    function _follow(uint64 listId, uint64 treeId, bool endsEpoch, bool voids) private {
        List storage list = _lists[listId];
        (bool touched, uint256 stale) = _settle(listId, list);
        Seat memory seat = list.seats[treeId];
        if (seat.inForce) {
            RootHistory.Source storage source = _sources[listId];
            if (endsEpoch) source.endEpoch(listId);
            if (voids) source.voidAll(listId);
            stale |= _fill(list, treeId, seat.place);
            touched = true;
        }
        if (touched) _recordList(listId, stale);
    }

    /// @dev Puts every membership in force whose notice is over.
    /// @return touched Whether there was one.
    /// @return stale The groups of the list's tree to hash again.
    function _settle(uint64 listId, List storage list) private returns (bool touched, uint256 stale) {
        uint256 notice = list.notice;
        uint40 waitingSince = list.waitingSince;
        if (waitingSince == 0 || block.timestamp < waitingSince + notice) return (false, 0);

        waitingSince = 0;
        for (uint8 place = 0; place < list.treeIds.length; ++place) {
            uint64 treeId = list.treeIds[place];
            if (treeId == 0) continue;
            Seat storage seat = list.seats[treeId];
            uint40 since = seat.since;
            if (seat.inForce || since == 0) continue;
            if (block.timestamp < since + notice) {
                if (waitingSince == 0 || since < waitingSince) waitingSince = since;
                continue;
            }
            seat.inForce = true;
            stale |= _fill(list, treeId, place);
            touched = true;
            emit MemberInForce(listId, treeId, place);
        }
        list.waitingSince = waitingSince;
    }

    /// @dev Writes a member's root and time, or nothing in their places while it is frozen.
    function _fill(List storage list, uint64 treeId, uint8 place) private returns (uint256 stale) {
        RootHistory.State memory own = _sources[treeId].state;
        list.times.set(place, own.frozen ? 0 : own.lastPublishedAt);
        return list.tree.set(place, own.frozen ? 0 : _trees[treeId].root);
    }

    /// @dev Undoes admission and consent alike: who comes back needs both again.
    function _vacate(uint64 listId, uint64 treeId, Seat memory seat) private returns (uint256 stale) {
        List storage list = _lists[listId];
        delete list.seats[treeId];
        if (seat.joined) _replaceListOf(treeId, listId, 0);
        if (seat.admitted) delete list.treeIds[seat.place];
        if (!seat.inForce) return 0;
        list.times.set(seat.place, 0);
        return list.tree.set(seat.place, 0);
    }

    /// @dev Makes the list's present root its newest.
    function _recordList(uint64 listId, uint256 stale) private {
        List storage list = _lists[listId];
        RootHistory.Source storage source = _sources[listId];
        uint256 root = source.newest;
        if (stale != 0 || root == 0) root = list.tree.rehash(stale);
        source.record(listId, root, list.times.min());
    }

    function _startNotice(List storage list, Seat storage seat) private {
        seat.since = uint40(block.timestamp);
        if (list.waitingSince == 0) list.waitingSince = uint40(block.timestamp);
    }

    /// @dev Writes `to` in the place of `from` among the lists that a tree joined; 0 stands for a free entry.
    function _replaceListOf(uint64 treeId, uint64 from, uint64 to) private {
        uint64[4] storage listIds = _listsOf[treeId];
        for (uint256 i = 0; i < listIds.length; ++i) {
            if (listIds[i] != from) continue;
            listIds[i] = to;
            return;
        }
        revert TooManyLists(treeId);
    }

    function _freePlace(uint64 listId) private view returns (uint8) {
        List storage list = _lists[listId];
        for (uint8 place = 0; place < list.treeIds.length; ++place) {
            if (list.treeIds[place] == 0) return place;
        }
        revert ListFull(listId);
    }

    function _listOf(uint64 listId) private view returns (List storage list) {
        list = _lists[listId];
        if (list.owner == address(0)) revert UnknownList(listId);
    }
}
