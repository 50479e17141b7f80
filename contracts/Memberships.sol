// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ITrustLists} from "./interfaces/ITrustLists.sol";
import {ListTree} from "./libraries/ListTree.sol";
import {PackedTimes} from "./libraries/PackedTimes.sol";
import {RootHistory} from "./libraries/RootHistory.sol";

/// @title Memberships
/// @notice What lists hold, and how they follow their members. TrustLists says who may change it.
abstract contract Memberships {
    using ListTree for ListTree.Tree;
    using PackedTimes for PackedTimes.Times;
    using RootHistory for RootHistory.Source;

    /// @dev A list's id in `_listsOf`.
    uint256 internal constant LIST_BITS = 64;

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
        address offeredTo;
        uint64[16] treeIds;
        mapping(uint64 treeId => Seat) seats;
        ListTree.Tree tree;
        PackedTimes.Times times;
    }

    /// @dev Trees and lists draw their ids from here.
    uint64 internal _lastId;

    mapping(uint64 treeId => Tree) internal _trees;
    mapping(uint64 listId => RootHistory.Source) internal _sources;
    mapping(uint64 listId => List) internal _lists;

    /// @dev The lists that a tree joined, four to a word; 0 = a free entry. Most trees have none, and read one word.
    mapping(uint64 treeId => uint256 listIds) internal _listsOf;

    /// @dev Carries what happened to a tree into every list that holds it.
    function _followTree(uint64 treeId, bool endsEpoch, bool voids) internal {
        for (uint256 listIds = _listsOf[treeId]; listIds != 0; listIds >>= LIST_BITS) {
            if (uint64(listIds) != 0) _follow(uint64(listIds), treeId, endsEpoch, voids);
        }
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
    function _settle(uint64 listId, List storage list) internal returns (bool touched, uint256 stale) {
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
            emit ITrustLists.MemberInForce(listId, treeId, place);
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
    function _vacate(uint64 listId, uint64 treeId, Seat memory seat) internal returns (uint256 stale) {
        List storage list = _lists[listId];
        delete list.seats[treeId];
        if (seat.joined) _replaceListOf(treeId, listId, 0);
        if (seat.admitted) delete list.treeIds[seat.place];
        if (!seat.inForce) return 0;
        list.times.set(seat.place, 0);
        return list.tree.set(seat.place, 0);
    }

    /// @dev Makes the list's present root its newest.
    function _recordList(uint64 listId, uint256 stale) internal {
        List storage list = _lists[listId];
        RootHistory.Source storage source = _sources[listId];
        uint256 root = source.newest;
        if (stale != 0 || root == 0) root = list.tree.rehash(stale);
        source.record(listId, root, list.times.min());
    }

    function _startNotice(List storage list, Seat storage seat) internal {
        seat.since = uint40(block.timestamp);
        if (list.waitingSince == 0) list.waitingSince = uint40(block.timestamp);
    }

    /// @dev Writes `to` in the place of `from` among the lists that a tree joined; 0 stands for a free entry.
    function _replaceListOf(uint64 treeId, uint64 from, uint64 to) internal {
        uint256 listIds = _listsOf[treeId];
        for (uint256 shift = 0; shift < 256; shift += LIST_BITS) {
            if (uint64(listIds >> shift) != from) continue;
            _listsOf[treeId] = listIds ^ (uint256(from ^ to) << shift);
            return;
        }
        revert ITrustLists.TooManyLists(treeId);
    }

    function _freePlace(uint64 listId) internal view returns (uint8) {
        List storage list = _lists[listId];
        for (uint8 place = 0; place < list.treeIds.length; ++place) {
            if (list.treeIds[place] == 0) return place;
        }
        revert ITrustLists.ListFull(listId);
    }

    function _listOf(uint64 listId) internal view returns (List storage list) {
        list = _lists[listId];
        if (list.owner == address(0)) revert ITrustLists.UnknownList(listId);
    }
}
