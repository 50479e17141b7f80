// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EligibilityVerifier} from "../../contracts/EligibilityVerifier.sol";
import {IDistributor} from "../../contracts/interfaces/IDistributor.sol";
import {Actions} from "../../contracts/libraries/Actions.sol";
import {Claim, FIELD, Statement} from "../../contracts/libraries/Statement.sol";
import {Chance, Draw} from "./Chance.sol";
import {Prover} from "./Prover.sol";
import {Broken, requireEqual} from "./Vm.sol";

/// @title What is written in assembly, against what solc would have written
contract LibrariesTest {
    using Chance for Draw;

    EligibilityVerifier private immutable VERIFIER = new EligibilityVerifier();

    /// @notice An action's hash is that of its encoding, whatever stands in memory before.
    function testFuzz_anActionsHashIsItsEncodings(IDistributor.Action calldata action, uint256 dirt) external view {
        requireEqual(uint256(this.hash(action, dirt)), uint256(keccak256(abi.encode(action))), "hash");
    }

    /// @notice A statement passes exactly if each of its signals is canonical.
    function testFuzz_aStatementIsCanonicalOrRefused(Statement memory statement, uint256 seed) external view {
        Draw memory draw = Draw(seed);
        statement.nullifier = _nearAnEdge(draw, statement.nullifier);
        statement.root = _nearAnEdge(draw, statement.root);
        statement.policy = _nearAnEdge(draw, statement.policy);
        statement.context = _nearAnEdge(draw, statement.context);
        if (draw.percent(80)) statement.checkedAt -= statement.checkedAt % 60;
        bool canonical = _isElement(statement.nullifier) && _isElement(statement.root);
        canonical = canonical && _isElement(statement.policy) && statement.context < FIELD;
        canonical = canonical && statement.checkedAt % 60 == 0;
        try this.check(statement) {
            if (!canonical) revert Broken("an ambiguous statement passed", seed, 0);
        } catch {
            if (canonical) revert Broken("a canonical statement was refused", seed, 0);
        }
    }

    /// @notice A batch holds exactly if each of its proofs does.
    function testFuzz_aBatchHoldsIfEachProofDoes(uint256 seed) external view {
        Draw memory draw = Draw(seed);
        Claim[] memory claims = new Claim[](draw.between(1, 6));
        bool forging = draw.percent(50);
        bool allHold = true;
        for (uint256 i = 0; i < claims.length; ++i) {
            claims[i] = _claim(draw);
            if (forging && draw.percent(40)) claims[i].statement.disclosed ^= 1;
            bool holds = VERIFIER.verify(claims[i].proof, claims[i].statement);
            allHold = allHold && holds;
        }
        requireEqual(VERIFIER.verifyBatch(claims) ? 1 : 0, allHold ? 1 : 0, "batch");
        if (!forging) requireEqual(allHold ? 1 : 0, 1, "what was proved holds");
    }

    function hash(IDistributor.Action calldata action, uint256 dirt) external pure returns (bytes32) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            for {
                let i := 0
            } lt(i, 0x400) {
                i := add(i, 0x20)
            } {
                mstore(add(free, i), not(dirt))
            }
        }
        return Actions.hash(action);
    }

    function check(Statement calldata statement) external pure {
        statement.check();
    }

    function _claim(Draw memory draw) private view returns (Claim memory claim) {
        Statement memory s = claim.statement;
        (s.nullifier, s.root, s.policy) = (1 + draw.below(FIELD - 1), 1 + draw.below(FIELD - 1), 1 + draw.below(9));
        (s.disclosed, s.shown) = (uint96(draw.next()), uint32(draw.next()));
        (s.checkedAt, s.context) = (uint40(60 * draw.below(2 ** 34)), draw.below(FIELD));
        claim.proof = Prover.prove(s, draw.next());
    }

    function _nearAnEdge(Draw memory draw, uint256 value) private pure returns (uint256) {
        uint256 luck = draw.below(12);
        if (luck < 3) return luck;
        if (luck < 6) return FIELD + luck - 4;
        return luck == 6 ? value : value % FIELD;
    }

    function _isElement(uint256 value) private pure returns (bool) {
        return value != 0 && value < FIELD;
    }
}
