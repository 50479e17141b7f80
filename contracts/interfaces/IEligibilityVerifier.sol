// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Claim, Statement} from "../libraries/Statement.sol";

/// @title The verifier of eligibility proofs
/// @notice Answers one question: does this proof prove this statement?
interface IEligibilityVerifier {
    /// @notice The verifying key, as EIP-197 orders coordinates (imaginary part first).
    struct Key {
        uint256[2] alpha;
        uint256[2][2] beta;
        uint256[2][2] gamma;
        uint256[2][2] delta;
        uint256[2][6] ic;
        bool insecureDev;
    }

    /// @notice The key is for development, or anyone can forge with it, and must not be deployed here.
    error InsecureKey();

    /// @notice A signal isn't canonical: not below r, zero where that means nothing, or not a whole minute.
    error SignalOutOfRange(string signal, uint256 value);

    /// @notice The proof doesn't prove the statement, or isn't three points of the curve.
    error InvalidProof();

    /// @notice Too little gas to tell a wrong proof from a starved precompile.
    error InsufficientGas(uint256 required, uint256 left);

    /// @notice A batch of no claims has no answer.
    error EmptyBatch();

    /// @notice The call data goes on after the last claim.
    error TrailingBytes(uint256 expected, uint256 given);

    /// @notice Whether the proof proves the statement.
    /// @dev False only where the pairing says so. A statement that isn't canonical, points that aren't on the curve and
    /// a call that is short of gas revert: none of them is an answer.
    /// @param proof A, B, C of Groth16; the words of B as EIP-197 orders them, imaginary parts first.
    function verify(uint256[8] calldata proof, Statement calldata statement) external view returns (bool valid);

    /// @notice Whether every claim's proof proves its statement: one pairing check for all of them.
    /// @dev False only where the pairing says so, and then nothing says which claim is wrong. It is no answer, and
    /// reverts, where one claim's `verify` would revert, where there is no claim, and where bytes follow the last one.
    function verifyBatch(Claim[] calldata claims) external view returns (bool valid);

    /// @notice The key in the bytecode, to be compared with the published one.
    function verifyingKey() external pure returns (Key memory key);
}
