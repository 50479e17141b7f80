// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEligibilityGate} from "../../interfaces/IEligibilityGate.sol";

/// @title A gate inside another system
/// @notice The other system, the host, calls the adapter when something is about to count, and the adapter reverts unless
/// an eligible person agreed to it: a claim comes with the call, bound to what the call does, and its nullifier is spent.
/// An adapter has one rule, which never changes, and nobody has power over it.
/// @dev A claim travels as `abi.encode(claim)`, 480 bytes without an offset or a length; several stand one after the other.
interface IAdapter is IEligibilityGate {
    error NoHost(address host);
    /// @param expected The only account that may make this call.
    error WrongCaller(address expected, address caller);
    /// @param length Bytes, where claims were expected.
    error MalformedClaims(uint256 length);

    /// @notice The contract whose calls count.
    function HOST() external view returns (address);

    /// @notice The label of the rule: what `getRule` and `computeScope` take.
    function LABEL() external view returns (bytes32);
}
