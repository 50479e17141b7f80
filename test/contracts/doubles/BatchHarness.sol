// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {VerifyingKey} from "../../../contracts/generated/VerifyingKey.sol";
import {Groth16} from "../../../contracts/libraries/Groth16.sol";
import {Claim} from "../../../contracts/libraries/Statement.sol";

/// @notice The library's two functions alone, and what each of them costs.
contract BatchHarness {
    function verifyOne(Claim calldata claim) external view returns (bool valid, uint256 gasUsed) {
        uint256[5] memory signals = claim.statement.toSignals();
        uint256 before = gasleft();
        valid = Groth16.verify(Groth16.noBase(), claim.proof, signals);
        gasUsed = before - gasleft();
    }

    function verifyPicked(
        Claim[] calldata claims,
        uint256[] calldata picked
    ) external view returns (bool valid, uint256 gasUsed) {
        uint256[] memory selection = picked;
        uint256 before = gasleft();
        valid = Groth16.verifyBatch(Groth16.noBase(), claims, selection);
        gasUsed = before - gasleft();
    }
}

/// @notice The batch equation by its definition, slowly, with whatever coefficients the caller names: with all of them
/// one it is the planted bug that the real ones stand against.
contract PlainBatch {
    uint256 private constant Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583;

    struct Point {
        uint256 x;
        uint256 y;
    }

    function verifyWith(Claim[] calldata claims, uint256[] calldata coefficients) external view returns (bool) {
        Point memory alpha;
        Point memory l;
        Point memory c;
        bytes memory pairs;
        for (uint256 i = 0; i < claims.length; ++i) {
            (uint256 r, uint256[8] calldata proof) = (coefficients[i], claims[i].proof);
            Point memory a = _mul(Point(proof[0], proof[1]), r);
            pairs = abi.encodePacked(pairs, a.x, a.y, proof[2], proof[3], proof[4], proof[5]);
            alpha = _add(alpha, _mul(Point(VerifyingKey.ALPHA_X, VerifyingKey.ALPHA_Y), r));
            l = _add(l, _mul(_inputsOf(claims[i].statement.toSignals()), r));
            c = _add(c, _mul(Point(proof[6], proof[7]), r));
        }
        pairs = abi.encodePacked(pairs, alpha.x, alpha.y, VerifyingKey.BETA_X1, VerifyingKey.BETA_X2);
        pairs = abi.encodePacked(pairs, Q - VerifyingKey.BETA_Y1, Q - VerifyingKey.BETA_Y2);
        pairs = abi.encodePacked(pairs, l.x, l.y, VerifyingKey.GAMMA_X1, VerifyingKey.GAMMA_X2);
        pairs = abi.encodePacked(pairs, Q - VerifyingKey.GAMMA_Y1, Q - VerifyingKey.GAMMA_Y2);
        pairs = abi.encodePacked(pairs, c.x, c.y, VerifyingKey.DELTA_X1, VerifyingKey.DELTA_X2);
        pairs = abi.encodePacked(pairs, Q - VerifyingKey.DELTA_Y1, Q - VerifyingKey.DELTA_Y2);
        (bool success, bytes memory answer) = address(0x08).staticcall(pairs);
        require(success);
        return abi.decode(answer, (bool));
    }

    function _inputsOf(uint256[5] memory signals) private view returns (Point memory l) {
        l = Point(VerifyingKey.IC0_X, VerifyingKey.IC0_Y);
        l = _add(l, _mul(Point(VerifyingKey.IC1_X, VerifyingKey.IC1_Y), signals[0]));
        l = _add(l, _mul(Point(VerifyingKey.IC2_X, VerifyingKey.IC2_Y), signals[1]));
        l = _add(l, _mul(Point(VerifyingKey.IC3_X, VerifyingKey.IC3_Y), signals[2]));
        l = _add(l, _mul(Point(VerifyingKey.IC4_X, VerifyingKey.IC4_Y), signals[3]));
        l = _add(l, _mul(Point(VerifyingKey.IC5_X, VerifyingKey.IC5_Y), signals[4]));
    }

    function _mul(Point memory point, uint256 scalar) private view returns (Point memory product) {
        (bool success, bytes memory answer) = address(0x07).staticcall(abi.encode(point, scalar));
        require(success);
        return abi.decode(answer, (Point));
    }

    function _add(Point memory a, Point memory b) private view returns (Point memory sum) {
        (bool success, bytes memory answer) = address(0x06).staticcall(abi.encode(a, b));
        require(success);
        return abi.decode(answer, (Point));
    }
}
