// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Claim} from "../../libraries/Statement.sol";
import {IAdapter} from "./IAdapter.sol";

/// @title An EAS schema under which an attestation carries the proof of an eligible person
/// @notice The resolver of a schema. An attestation's `data` begins with the claim, 480 bytes; what follows is the schema's
/// own. So a schema's fields are those of the claim first, by name in the order of libraries/Statement.sol, then others:
/// `uint256 nullifier,uint256 root,uint256 policy,uint96 disclosed,uint32 shown,uint40 checkedAt,uint256 context,uint256[8]
/// proof`, which EAS's own encoders and explorers understand.
/// The claim's context is `computeContext(uint256(schema), keccak256(abi.encode(attester, recipient)))`, so whoever copies
/// it can only attest as the same attester, about the same recipient, under the same schema. A revocation always passes.
interface IEasResolver is IAdapter {
    /// @notice An attestation as EAS hands it to a resolver. Times are Unix seconds; 0 = there is none.
    struct Attestation {
        bytes32 uid;
        bytes32 schema;
        uint64 time;
        uint64 expirationTime;
        uint64 revocationTime;
        bytes32 refUID;
        address recipient;
        address attester;
        bool revocable;
        bytes data;
    }

    /// @param nullifier Whose claim it was, as far as anybody knows.
    event AttestationAdmitted(
        bytes32 indexed schema,
        bytes32 indexed uid,
        address indexed recipient,
        address attester,
        uint256 nullifier
    );

    /// @notice Lets an attestation in, or reverts. Only EAS may call.
    /// @return True: what isn't let in reverts, and says why.
    function attest(Attestation calldata attestation) external returns (bool);

    /// @notice Lets all of the attestations in, or none.
    function multiAttest(Attestation[] calldata attestations, uint256[] calldata values) external returns (bool);

    /// @notice True, whoever asks and whatever is handed in: a revocation must get through.
    function revoke(Attestation calldata attestation) external returns (bool);

    /// @notice True, as `revoke`.
    function multiRevoke(Attestation[] calldata attestations, uint256[] calldata values) external returns (bool);

    /// @notice Whether claims under the rule's policy are all proved, as `multiAttest` asks; nothing else of them is judged.
    function areProved(Claim[] calldata claims) external view returns (bool);

    /// @notice False: EAS then sends no coin, and the resolver takes none.
    function isPayable() external view returns (bool);

    /// @notice The resolver's version, as EAS's own resolvers have one.
    function version() external view returns (string memory);
}

/// @title What an integrator calls of EAS
interface IEasSchemaRegistry {
    function register(string calldata schema, address resolver, bool revocable) external returns (bytes32 uid);
}
