// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEligibilityVerifier} from "../interfaces/IEligibilityVerifier.sol";
import {IRootRegistry} from "../interfaces/IRootRegistry.sol";
import {ClaimBytes} from "../libraries/ClaimBytes.sol";
import {Groth16} from "../libraries/Groth16.sol";
import {Lists} from "../libraries/Lists.sol";
import {Claim} from "../libraries/Statement.sol";
import {Adapter} from "./Adapter.sol";
import {IEasResolver} from "./interfaces/IEasResolver.sol";

/// @title EasResolver
/// @notice See IEasResolver.
contract EasResolver is IEasResolver, Adapter {
    using ClaimBytes for bytes;
    using Lists for uint256[];

    /// @inheritdoc IEasResolver
    bool public constant isPayable = false;

    /// @inheritdoc IEasResolver
    string public constant version = "1.0.0";

    constructor(
        IRootRegistry registry,
        address eas,
        uint256 terms,
        Acceptance memory acceptance
    ) Adapter(registry, eas, terms, acceptance) {}

    /// @inheritdoc IEasResolver
    function attest(Attestation calldata attestation) external returns (bool) {
        _checkCaller();
        Claim calldata claim = attestation.data.claimAt(0);
        (uint256 id, bytes32 actionHash) = _actionOf(attestation);
        _accept(LABEL, id, actionHash, claim);
        _announce(attestation, claim.statement.nullifier);
        return true;
    }

    /// @inheritdoc IEasResolver
    /// @dev One pairing check for all: of ten, each costs two fifths of what it would alone.
    function multiAttest(Attestation[] calldata attestations, uint256[] calldata) external returns (bool) {
        // Check, Effect
        _checkCaller();
        RuleInForce memory rule = _ruleInForce(LABEL);
        Claim[] memory claims = new Claim[](attestations.length);
        for (uint256 i = 0; i < attestations.length; ++i) {
            Claim calldata claim = attestations[i].data.claimAt(0);
            (uint256 id, bytes32 actionHash) = _actionOf(attestations[i]);
            _check(rule, LABEL, id, actionHash, claim.statement);
            claims[i] = claim;
            _announce(attestations[i], claim.statement.nullifier);
        }

        // Check: a call of our own lays the claims out as one list.
        if (!this.areProved(claims)) revert IEligibilityVerifier.InvalidProof();
        return true;
    }

    /// @inheritdoc IEasResolver
    function areProved(Claim[] calldata claims) external view returns (bool) {
        uint256[] memory all = Lists.withCapacity(claims.length);
        for (uint256 i = 0; i < claims.length; ++i) {
            claims[i].statement.check();
            all.push(i);
        }
        return Groth16.verifyBatch(_baseOf(_ruleInForce(LABEL)), claims, all);
    }

    /// @inheritdoc IEasResolver
    function revoke(Attestation calldata) external pure returns (bool) {
        return true;
    }

    /// @inheritdoc IEasResolver
    function multiRevoke(Attestation[] calldata, uint256[] calldata) external pure returns (bool) {
        return true;
    }

    function _announce(Attestation calldata attestation, uint256 nullifier) private {
        emit AttestationAdmitted(
            attestation.schema,
            attestation.uid,
            attestation.recipient,
            attestation.attester,
            nullifier
        );
    }

    /// @dev What a claim must be bound to.
    function _actionOf(Attestation calldata attestation) private pure returns (uint256 id, bytes32 actionHash) {
        id = uint256(attestation.schema);
        actionHash = keccak256(abi.encode(attestation.attester, attestation.recipient));
    }
}
