// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IRootRegistry} from "../../../contracts/interfaces/IRootRegistry.sol";
import {ITrustLists} from "../../../contracts/interfaces/ITrustLists.sol";

/// @notice Reads in one call all that a registry says of some trees, lists and roots.
contract RootReader {
    struct Reader {
        uint40 maxStaleness;
        uint40 maxSilence;
    }

    struct Root {
        uint64 source;
        uint256 root;
    }

    /// @param verdicts Of each root, for each reader, the selector of the error; 0 = accepted.
    /// @param foreign Of each root that its source never published, for the first reader.
    struct Reading {
        uint256 time;
        IRootRegistry.TreeFacts[] trees;
        ITrustLists.ListFacts[] lists;
        uint64[4][] joined;
        IRootRegistry.RootFacts[] facts;
        bytes4[] verdicts;
        bytes4[] foreign;
    }

    /// @param sources Trees and lists.
    function read(
        IRootRegistry registry,
        uint64[] calldata trees,
        uint64[] calldata sources,
        Root[] calldata roots,
        Root[] calldata foreign,
        Reader[] calldata readers
    ) external view returns (Reading memory reading) {
        reading.time = block.timestamp;
        reading.trees = new IRootRegistry.TreeFacts[](trees.length);
        reading.joined = new uint64[4][](trees.length);
        for (uint256 i = 0; i < trees.length; ++i) {
            reading.trees[i] = registry.getTree(trees[i]);
            reading.joined[i] = registry.getListsOf(trees[i]);
        }
        reading.lists = new ITrustLists.ListFacts[](sources.length);
        for (uint256 i = 0; i < sources.length; ++i) reading.lists[i] = registry.getList(sources[i]);
        reading.facts = new IRootRegistry.RootFacts[](roots.length);
        for (uint256 i = 0; i < roots.length; ++i) {
            reading.facts[i] = registry.getRoot(roots[i].source, roots[i].root);
        }
        reading.verdicts = _judge(registry, roots, readers);
        reading.foreign = _judge(registry, foreign, readers[:1]);
    }

    function _judge(
        IRootRegistry registry,
        Root[] calldata roots,
        Reader[] calldata readers
    ) private view returns (bytes4[] memory verdicts) {
        verdicts = new bytes4[](roots.length * readers.length);
        for (uint256 i = 0; i < verdicts.length; ++i) {
            Root calldata asked = roots[i / readers.length];
            Reader calldata reader = readers[i % readers.length];
            try registry.checkRoot(asked.source, asked.root, reader.maxStaleness, reader.maxSilence) {} catch (
                bytes memory reason
            ) {
                verdicts[i] = bytes4(reason);
            }
        }
    }
}
