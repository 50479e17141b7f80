// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CampaignId, IDistributor} from "../../contracts/interfaces/IDistributor.sol";
import {Claim} from "../../contracts/libraries/Statement.sol";
import {Chance, Draw} from "./Chance.sol";
import {Ghost, Ticket} from "./Model.sol";
import {RootHandler} from "./RootHandler.sol";
import {VM, Vm} from "./Vm.sol";

/// @title A batch against the same claims one by one
abstract contract Comparison is RootHandler {
    using Chance for Draw;

    error RefusedOtherwise(uint256 i, bytes together, bytes alone);
    error LeftOtherwise(Outcome together, Outcome alone);

    /// @dev What some claims left behind: their payments' events in order, and what everybody has, the campaign remembers
    /// and is granted.
    struct Outcome {
        bytes32 events;
        bytes32 state;
    }

    /// @notice Pays a batch, and from the same state its claims one by one; then both are undone. No payment fails here:
    /// one that fails alone has reserved nothing of what the next one wants.
    function compareBatch(uint256 seed) external acting {
        Draw memory draw = Draw(seed);
        (bool found, uint256 id) = _anyCampaign(draw);
        if (!found || (ghosts[id].hook == BAD_HOOK && ghosts[id].hookIsMandatory)) return;
        (Claim[] memory claims, IDistributor.Action[] memory actions) = _split(_chooseTame(draw, id));

        VM.getRecordedLogs();
        uint256 before = VM.snapshotState();
        bytes[] memory together = _sendTogether(id, claims, actions);
        Outcome memory first = _read(id, claims);
        VM.revertToState(before);
        bytes[] memory alone = _sendAlone(id, claims, actions);
        Outcome memory second = _read(id, claims);
        VM.revertToState(before);

        uint256 paid = 0;
        for (uint256 i = 0; i < claims.length; ++i) {
            if (keccak256(together[i]) != keccak256(alone[i])) revert RefusedOtherwise(i, together[i], alone[i]);
            if (alone[i].length == 0) ++paid;
        }
        if (first.events != second.events || first.state != second.state) revert LeftOtherwise(first, second);
        _note("batch compared");
        if (paid > 1) _note("payments of a batch compared");
    }

    /// @dev Claims with good proofs and bad; some twice. A bad proof has a policy that is refused before it is looked at.
    function _chooseTame(Draw memory draw, uint256 id) private returns (Ticket[] memory batch) {
        tame = true;
        batch = new Ticket[](draw.between(1, 8));
        for (uint256 i = 0; i < batch.length; ++i) {
            batch[i] = i != 0 && draw.percent(10) ? batch[draw.below(i)] : _newTicket(draw, id);
            if (batch[i].tampered) batch[i].claim.statement.policy = 0;
        }
        tame = false;
    }

    function _sendTogether(
        uint256 id,
        Claim[] memory claims,
        IDistributor.Action[] memory actions
    ) private returns (bytes[] memory refusals) {
        VM.prank(RELAYER);
        try DISTRIBUTOR.claimBatch(CampaignId.wrap(id), claims, actions) returns (bytes[] memory answers) {
            return answers.length == 0 ? new bytes[](claims.length) : answers;
        } catch (bytes memory refusal) {
            refusals = new bytes[](claims.length);
            for (uint256 i = 0; i < refusals.length; ++i) refusals[i] = refusal;
        }
    }

    function _sendAlone(
        uint256 id,
        Claim[] memory claims,
        IDistributor.Action[] memory actions
    ) private returns (bytes[] memory refusals) {
        refusals = new bytes[](claims.length);
        for (uint256 i = 0; i < claims.length; ++i) {
            VM.prank(RELAYER);
            try DISTRIBUTOR.claim(CampaignId.wrap(id), claims[i], actions[i]) {} catch (bytes memory refusal) {
                refusals[i] = refusal;
            }
        }
    }

    function _read(uint256 id, Claim[] memory claims) private returns (Outcome memory outcome) {
        Vm.Log[] memory logs = VM.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            Vm.Log memory log = logs[i];
            if (log.emitter != address(DISTRIBUTOR) || log.topics[0] == IDistributor.ClaimSkipped.selector) continue;
            outcome.events = keccak256(abi.encode(outcome.events, log.topics, log.data));
        }
        bytes memory state = abi.encode(_allBalances(), DISTRIBUTOR.getCampaign(CampaignId.wrap(id)));
        for (uint256 i = 0; i < claims.length; ++i) {
            state = abi.encode(state, DISTRIBUTOR.isSpent(claims[i].statement.nullifier));
        }
        for (uint64 i = GRANTS.grantCount(); i != 0 && i + 8 > ghostGrants.length; --i) {
            state = abi.encode(state, GRANTS.getGrant(i));
        }
        outcome.state = keccak256(state);
    }
}
