// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IAdapter} from "./IAdapter.sol";

/// @title A Sign Protocol schema under which only eligible people attest
/// @notice The hook of a schema: an attestation under it needs, in `extraData`, the claim of a person who meets the policy.
/// The claim's context is `computeContext(schemaId, keccak256(abi.encode(attester)))`, so whoever copies it can only make
/// the same attester attest under the same schema. A revocation always passes.
/// @dev Sign Protocol hands one `extraData` to the hook for every attestation of a batch. It then holds a claim for each,
/// one after the other, and each attestation takes the first that isn't spent.
interface ISignProtocolHook is IAdapter {
    /// @param nullifier Whose claim it was, as far as anybody knows.
    event AttestationAdmitted(
        uint64 indexed schemaId,
        uint64 indexed attestationId,
        address indexed attester,
        uint256 nullifier
    );
    /// @param amount What came with a revocation in the chain's coin, and can be withdrawn.
    event RefundDue(address indexed attester, uint256 amount);
    event RefundPaid(address indexed attester, address recipient, uint256 amount);

    /// @param token 0 for the chain's coin.
    error FeeRefused(address token, uint256 amount);
    error NoRefund(address attester);
    error RefundFailed(address recipient, uint256 amount);

    /// @notice Lets an attestation in, or reverts. Only Sign Protocol may call.
    /// @dev Payable because Sign Protocol's own interface is; a fee is refused by name.
    function didReceiveAttestation(
        address attester,
        uint64 schemaId,
        uint64 attestationId,
        bytes calldata extraData
    ) external payable;

    /// @notice The same where a fee in a token is offered, which must be 0: the hook takes none.
    function didReceiveAttestation(
        address attester,
        uint64 schemaId,
        uint64 attestationId,
        IERC20 resolverFeeERC20Token,
        uint256 resolverFeeERC20Amount,
        bytes calldata extraData
    ) external;

    /// @notice Never reverts, whoever calls and whatever is handed in: a revocation must get through. Coins that come with
    /// it are the attester's to withdraw.
    function didReceiveRevocation(
        address attester,
        uint64 schemaId,
        uint64 attestationId,
        bytes calldata extraData
    ) external payable;

    /// @notice The same where a fee in a token is offered; the hook takes none.
    function didReceiveRevocation(
        address attester,
        uint64 schemaId,
        uint64 attestationId,
        IERC20 resolverFeeERC20Token,
        uint256 resolverFeeERC20Amount,
        bytes calldata extraData
    ) external;

    /// @notice Pays out what the caller sent along with revocations.
    function withdrawRefund(address recipient) external;

    /// @notice What an attester can withdraw.
    function refundOf(address attester) external view returns (uint256);
}

/// @title What an integrator calls of Sign Protocol
interface ISignProtocol {
    /// @param registrant Who registers: the caller.
    /// @param dataLocation 0 = on the chain.
    /// @param maxValidFor Seconds that an attestation may last; 0 = any.
    /// @param timestamp Filled in by Sign Protocol.
    struct Schema {
        address registrant;
        bool revocable;
        uint8 dataLocation;
        uint64 maxValidFor;
        address hook;
        uint64 timestamp;
        string data;
    }

    function register(Schema memory schema, bytes calldata delegateSignature) external returns (uint64 schemaId);
}
