// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CampaignId, IDistributor} from "../../contracts/interfaces/IDistributor.sol";
import {IEligibilityVerifier} from "../../contracts/interfaces/IEligibilityVerifier.sol";
import {Claim} from "../../contracts/libraries/Statement.sol";
import {CampaignHandler} from "./CampaignHandler.sol";
import {Chance, Draw} from "./Chance.sol";
import {Ghost, Ticket} from "./Model.sol";
import {Broken, VM, Vm, requireEqual, selectorOf} from "./Vm.sol";

/// @title What claimants, relayers and thieves do
/// @dev Before each call the model says what must come of it, error for error; afterwards the answer, the events and all
/// balances are compared.
abstract contract ClaimHandler is CampaignHandler {
    using Chance for Draw;

    uint256 private constant MAX_CLAIMS = 5;
    uint256 private constant MAX_BATCH = 8;

    /// @dev What an account does when it is paid in coin; see Reenterer.
    struct Nested {
        bool armed;
        bool asBatch;
        Ticket ticket;
    }
    Nested private _nested;

    /// @dev The payments that are to be announced, by nullifier, and how many are still missing.
    mapping(uint256 nullifier => bytes32) private _foretold;
    uint256 private _missing;

    /// @dev How often a nullifier was paid, and those that were.
    mapping(uint256 nullifier => uint256) internal timesPaid;
    uint256[] internal paidNullifiers;

    /// @notice Sends claims one after the other: good, old, changed on the way, or stolen.
    function claim(uint256 seed) external acting {
        Draw memory draw = Draw(seed);
        (bool found, uint256 id) = _anyCampaign(draw);
        uint256 count = found ? draw.between(1, MAX_CLAIMS) : 0;
        for (uint256 i = 0; i < count; ++i) {
            Ticket memory t = _anyTicket(draw, id);
            if (draw.percent(10)) _tamper(draw, t);
            else if (draw.percent(4)) _steal(t);
            _arm(draw, id);
            _send(t, draw.percent(80) ? RELAYER : STRANGER);
            _disarm();
        }
    }

    /// @notice Sends many claims at once, bad ones among them.
    function claimBatch(uint256 seed) external acting {
        Draw memory draw = Draw(seed);
        (bool found, uint256 id) = _anyCampaign(draw);
        if (!found) return;
        Ticket[] memory batch = _chooseBatch(draw, id);
        _arm(draw, id);
        (bytes4 expected, bytes4[] memory refusals) = _foreseeBatch(id, batch, RELAYER);
        (Claim[] memory claims, IDistributor.Action[] memory actions) = _split(batch);

        bytes4 given;
        VM.prank(RELAYER);
        try DISTRIBUTOR.claimBatch(CampaignId.wrap(id), claims, actions) returns (bytes[] memory answers) {
            for (uint256 i = 0; i < batch.length; ++i) {
                bytes4 answer = answers.length == 0 ? bytes4(0) : selectorOf(answers[i]);
                requireEqual(uint32(answer), uint32(refusals[i]), "refusal in a batch");
            }
        } catch (bytes memory refusal) {
            given = selectorOf(refusal);
        }
        requireEqual(uint32(given), uint32(expected), "batch");
        _checkEvents();
        _disarm();
        if (given == IEligibilityVerifier.InvalidProof.selector) _note("forged batch, refused");
        if (given == 0) _noteBatch(refusals);
    }

    function _send(Ticket memory t, address sender) private {
        bytes4 expected = _foresee(t, sender);
        bytes4 given;
        VM.prank(sender);
        try DISTRIBUTOR.claim(CampaignId.wrap(t.campaign), t.claim, t.action) {} catch (bytes memory refusal) {
            given = selectorOf(refusal);
        }
        requireEqual(uint32(given), uint32(expected), "claim");
        _checkEvents();
        _noteAnswer(given, "paid");
    }

    function _chooseBatch(Draw memory draw, uint256 id) private returns (Ticket[] memory batch) {
        batch = new Ticket[](draw.between(1, MAX_BATCH));
        bool forged = draw.percent(12);
        for (uint256 i = 0; i < batch.length; ++i) {
            batch[i] = _anyTicket(draw, id);
            batch[i].campaign = id;
            if (forged && draw.percent(50))
                _tamper(draw, batch[i]);
                // A prover who was refused has no place in a batch that is to be paid.
            else if (!forged && batch[i].tampered) batch[i].claim.statement.policy = 0;
        }
    }

    function _split(
        Ticket[] memory batch
    ) internal pure returns (Claim[] memory claims, IDistributor.Action[] memory actions) {
        (claims, actions) = (new Claim[](batch.length), new IDistributor.Action[](batch.length));
        for (uint256 i = 0; i < batch.length; ++i) (claims[i], actions[i]) = (batch[i].claim, batch[i].action);
    }

    /// @dev What must come of a claim. The model goes on as if it had come already.
    function _foresee(Ticket memory t, address sender) private returns (bytes4 refusal) {
        Ghost storage g = ghosts[t.campaign];
        refusal = _closedNow(g);
        if (refusal == 0) refusal = _judge(g, t);
        if (refusal != 0) return refusal;
        if (!_isProved(t)) return IEligibilityVerifier.InvalidProof.selector;
        uint256 amount = _amountOf(g, t.claim.statement.disclosed);
        _reserve(g, t, amount);
        refusal = _foreseePayment(g, t, amount, sender, false);
        if (refusal != 0) _restore(g, t, amount);
    }

    /// @dev The same of a batch, in its three passes.
    function _foreseeBatch(
        uint256 id,
        Ticket[] memory batch,
        address sender
    ) private returns (bytes4 refusal, bytes4[] memory refusals) {
        Ghost storage g = ghosts[id];
        refusals = new bytes4[](batch.length);
        uint256[] memory amounts = new uint256[](batch.length);
        refusal = _closedNow(g);
        if (refusal != 0) return (refusal, refusals);
        bool forged = false;
        for (uint256 i = 0; i < batch.length; ++i) {
            refusals[i] = _judge(g, batch[i]);
            if (refusals[i] != 0) continue;
            forged = forged || !_isProved(batch[i]);
            amounts[i] = _amountOf(g, batch[i].claim.statement.disclosed);
            _reserve(g, batch[i], amounts[i]);
        }
        for (uint256 i = 0; i < batch.length; ++i) {
            if (refusals[i] != 0) continue;
            if (!forged) refusals[i] = _foreseePayment(g, batch[i], amounts[i], sender, true);
            if (forged || refusals[i] != 0) _restore(g, batch[i], amounts[i]);
        }
        if (forged) refusal = IEligibilityVerifier.InvalidProof.selector;
    }

    /// @dev Moves a claim's money in the ledger, if all of it can be.
    function _foreseePayment(
        Ghost storage g,
        Ticket memory t,
        uint256 amount,
        address sender,
        bool inBatch
    ) private returns (bytes4) {
        (uint256 fee, address recipient) = (t.action.fee, t.action.recipient);
        address feeTo = t.action.feeTo == address(0) ? sender : t.action.feeTo;
        if (fee != 0 && !_takes(g.asset, feeTo)) return IDistributor.PaymentFailed.selector;
        bool vests = g.planId != 0;
        bool reaches = vests ? recipient != address(0) || amount == fee : _takes(g.asset, recipient);
        if (!reaches) return IDistributor.PaymentFailed.selector;
        if (g.hook == BAD_HOOK && g.hookIsMandatory) return IDistributor.MandatoryHookFailed.selector;

        uint256 nullifier = t.claim.statement.nullifier;
        _foretell(nullifier, keccak256(abi.encode(t.campaign, recipient, amount)));
        g.timesPaid[holderOf[nullifier]] += 1;
        if (t.claim.statement.policy != g.versions[_versionInForce(g)].policy) _note("paid by a predecessor");
        if (fee != 0) _move(g.asset, address(DISTRIBUTOR), feeTo, fee);
        if (!vests) _move(g.asset, address(DISTRIBUTOR), recipient, amount - fee);
        else if (amount != fee) _noteGrant(g.planId, address(DISTRIBUTOR), recipient, amount - fee);
        if (recipient == address(REENTERER) && _isCoin(g.asset) && !vests) _foreseeNested(inBatch);
        return 0;
    }

    /// @dev A grant that must have been made.
    function _noteGrant(uint64 planId, address maker, address recipient, uint256 amount) internal virtual;

    /// @dev Gives an account that is paid in coin a claim of its own to send in the middle of it.
    function _arm(Draw memory draw, uint256 id) private {
        Ghost storage g = ghosts[id];
        if (!_isCoin(g.asset) || g.planId != 0 || g.hook != address(0)) return;
        Ticket memory t = _newTicket(draw, id);
        tickets.push(t);
        _nested.armed = true;
        _nested.asBatch = draw.percent(40);
        _nested.ticket = t;
        (Claim[] memory claims, IDistributor.Action[] memory actions) = _split(_alone(t));
        CampaignId campaignId = CampaignId.wrap(id);
        bytes memory call =
            _nested.asBatch
                ? abi.encodeCall(IDistributor.claimBatch, (campaignId, claims, actions))
                : abi.encodeCall(IDistributor.claim, (campaignId, t.claim, t.action));
        REENTERER.arm(address(DISTRIBUTOR), call);
    }

    function _disarm() private {
        _nested.armed = false;
        REENTERER.arm(address(0), "");
    }

    /// @dev A claim within a claim's payment is one like any other; a payment in a batch hasn't the gas for it.
    function _foreseeNested(bool inBatch) private {
        if (!_nested.armed) return;
        _nested.armed = false;
        if (inBatch) return _note("refused within a batch");
        uint256 missing = _missing;
        if (_nested.asBatch) _foreseeBatch(_nested.ticket.campaign, _alone(_nested.ticket), address(REENTERER));
        else _foresee(_nested.ticket, address(REENTERER));
        if (_missing != missing) _note("paid within a payment");
    }

    function _alone(Ticket memory t) private pure returns (Ticket[] memory batch) {
        batch = new Ticket[](1);
        batch[0] = t;
    }

    function _foretell(uint256 nullifier, bytes32 payment) private {
        _foretold[nullifier] = payment;
        ++_missing;
        if (++timesPaid[nullifier] == 1) paidNullifiers.push(nullifier);
    }

    /// @dev Every payment that was foretold is announced. forge records what a call announced that was undone, too: there
    /// the nullifier must be as the model has it.
    function _checkEvents() private {
        Vm.Log[] memory logs = VM.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            Vm.Log memory log = logs[i];
            if (log.emitter != address(DISTRIBUTOR) || log.topics[0] != IDistributor.Claimed.selector) continue;
            uint256 nullifier = uint256(log.topics[2]);
            (uint256 amount, ) = abi.decode(log.data, (uint256, uint256));
            if (_foretold[nullifier] == keccak256(abi.encode(log.topics[1], log.topics[3], amount))) {
                delete _foretold[nullifier];
                --_missing;
            } else if (DISTRIBUTOR.isSpent(nullifier) != spent[nullifier]) {
                revert Broken("a payment nobody proved", nullifier, 0);
            }
        }
        requireEqual(_missing, 0, "payments that weren't announced");
    }

    function _noteBatch(bytes4[] memory refusals) private {
        _note("batch");
        for (uint256 i = 0; i < refusals.length; ++i) {
            if (refusals[i] == IDistributor.PaymentFailed.selector) _note("payment failed in a batch");
            _noteAnswer(refusals[i], "paid in a batch");
        }
    }
}
