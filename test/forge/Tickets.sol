// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDistributor} from "../../contracts/interfaces/IDistributor.sol";
import {FIELD, METERED, Statement} from "../../contracts/libraries/Statement.sol";
import {Chance, Draw} from "./Chance.sol";
import {Ghost, Mark, Model, Ticket, Version} from "./Model.sol";
import {Prover} from "./Prover.sol";

/// @title Claims, as claimants and thieves make them
/// @dev The prover is honest about one person: it proves only indices that the meter allows, and puts a secret into each
/// nullifier. Everything else, root, policy, moment, action, is the claimant's to choose, and is often chosen badly.
abstract contract Tickets is Model {
    using Chance for Draw;

    uint256 internal constant HOLDERS = 16;

    Ticket[] internal tickets;
    /// @dev The nullifiers for which the prover has proved anything.
    mapping(uint256 nullifier => bool) internal provedNullifier;

    /// @dev What an attestation says of a holder, in the slot that is disclosed or metered: from 0 to 12.
    function _valueOf(uint256 tree, uint256 holder) internal pure returns (uint256) {
        return _hash(abi.encode("value", tree, holder)) % 13;
    }

    /// @dev How many notes a holder's value has room for: lo + step · (i + 1) <= value for the i below.
    function _notesOf(Ghost storage g, uint256 holder) internal view returns (uint256 notes) {
        uint256 value = _valueOf(g.tree, holder);
        while (g.lo + g.step * (notes + 1) <= value) ++notes;
    }

    /// @dev A new claim, or one that was made before, mostly on the same campaign.
    function _anyTicket(Draw memory draw, uint256 id) internal returns (Ticket memory t) {
        if (tickets.length != 0 && draw.percent(18)) {
            uint256 i = draw.below(tickets.length);
            for (uint256 j = 0; j < 3 && tickets[i].campaign != id; ++j) i = draw.below(tickets.length);
            t = tickets[i];
            if (draw.percent(40)) t.campaign = id;
        } else {
            t = _newTicket(draw, id);
            tickets.push(t);
        }
    }

    function _newTicket(Draw memory draw, uint256 id) internal returns (Ticket memory t) {
        Ghost storage g = ghosts[id];
        t.campaign = id;
        t.holder = draw.below(HOLDERS);
        t.action = _chooseAction(draw, g);
        Statement memory s = t.claim.statement;
        s.policy = _choosePolicy(draw, g);
        s.checkedAt = _chooseMoment(draw, g, s.policy);
        uint256 index = _chooseIndex(draw, g, t.holder, s.checkedAt);
        s.shown = g.kind == IDistributor.AmountKind.Metered ? METERED : uint32(index);
        s.nullifier = _hash(abi.encode("nullifier", _scopeOf(id), t.holder, index));
        holderOf[s.nullifier] = t.holder + 1;
        s.root = _chooseRoot(draw, g);
        if (uint256(g.kind) == 1 || uint256(g.kind) == 2) s.disclosed = uint96(_valueOf(g.tree, t.holder));
        s.context = _contextOf(id, t.action);
        _prove(draw, t, g.kind != IDistributor.AmountKind.Metered || index < _notesOf(g, t.holder));
    }

    /// @dev What the prover wouldn't prove gets the proof of something else.
    function _prove(Draw memory draw, Ticket memory t, bool isTrue) private {
        Statement memory s = t.claim.statement;
        t.tampered = !isTrue;
        uint256 nullifier = s.nullifier;
        if (isTrue) (proved[keccak256(abi.encode(s))], provedNullifier[nullifier]) = (true, true);
        else s.nullifier = _hash(abi.encode("nobody's", nullifier));
        t.claim.proof = Prover.prove(s, draw.next());
        s.nullifier = nullifier;
    }

    /// @dev Changes one thing of a claim that somebody has made, and keeps its proof; or writes the same proof otherwise.
    function _tamper(Draw memory draw, Ticket memory t) internal pure {
        Statement memory s = t.claim.statement;
        uint256 luck = draw.below(11);
        if (luck == 0) s.nullifier = s.nullifier + 1;
        else if (luck == 1) s.nullifier = s.nullifier + FIELD;
        else if (luck == 2) s.disclosed = s.disclosed + 1;
        else if (luck == 3) s.shown = s.shown == 0 ? 1 : 0;
        else if (luck == 4) s.checkedAt = s.checkedAt + 60;
        else if (luck == 5) t.action.recipient = STRANGER;
        else if (luck == 6) t.action.fee = t.action.fee + 1;
        else if (luck == 7) s.root = s.root ^ 1;
        else if (luck == 8) (t.claim.proof[1], t.tampered) = (t.claim.proof[1] ^ 1, true);
        else if (luck == 9) (t.claim.proof[6], t.claim.proof[7], t.tampered) = (1, 2, true);
        else Prover.negate(t.claim.proof);
    }

    /// @dev As `_tamper`, and binds the claim to the thief's own action: all but the proof is right.
    function _steal(Ticket memory t) internal view {
        t.action.recipient = STRANGER;
        t.claim.statement.context = _contextOf(t.campaign, t.action);
    }

    function _chooseAction(Draw memory draw, Ghost storage g) private view returns (IDistributor.Action memory action) {
        uint256 amount = _amountOf(g, _valueOf(g.tree, 0));
        action.recipient = _anyRecipient(draw, g.asset);
        if (draw.percent(35)) {
            action.fee = draw.below(amount / 2 + 2);
            if (draw.percent(50)) action.feeTo = !tame && draw.percent(10) ? REFUSER : FEE_TAKER;
        }
        if (draw.percent(20)) action.minAmount = draw.below(amount + 2);
        if (draw.percent(20)) action.hookData = abi.encodePacked(draw.next());
    }

    /// @dev Mostly the present minute; under a policy that was replaced, mostly the last one before.
    function _chooseMoment(Draw memory draw, Ghost storage g, uint256 policy) private view returns (uint40) {
        uint256 luck = draw.below(20);
        uint256 moment = clock - (clock % 60);
        uint256 i = _versionInForce(g);
        if (policy != g.versions[i].policy && i != 0 && luck > 4) moment = g.versions[i].inForceAt - 1;
        moment -= moment % 60;
        if (luck == 0) return uint40(moment + 60);
        if (luck == 1 && draw.percent(40)) return uint40(moment - 1);
        if (luck <= 4) moment -= 60 * draw.below(g.proofLifetime / 60 + 2);
        return uint40(moment);
    }

    function _chooseIndex(
        Draw memory draw,
        Ghost storage g,
        uint256 holder,
        uint256 checkedAt
    ) private view returns (uint256) {
        bool wild = draw.percent(8);
        if (g.kind == IDistributor.AmountKind.Metered) {
            uint256 notes = _notesOf(g, holder);
            return draw.below((notes == 0 ? 1 : notes) + (wild ? 1 : 0));
        }
        if (g.periodLength == 0) return draw.below(g.versions[_versionInForce(g)].cap + (wild ? 2 : 0));
        if (checkedAt < g.periodStart || wild) return draw.below(5);
        return (checkedAt - g.periodStart) / g.periodLength;
    }

    function _chooseRoot(Draw memory draw, Ghost storage g) private view returns (uint256) {
        Mark[] storage marks = trees[g.tree].marks;
        if (marks.length == 0 || draw.percent(4)) return _hash(abi.encode("own tree", draw.next()));
        if (draw.percent(85)) return marks[marks.length - 1].root;
        return marks[draw.below(marks.length)].root;
    }

    function _choosePolicy(Draw memory draw, Ghost storage g) private view returns (uint256) {
        Version[] storage versions = g.versions;
        uint256 i = _versionInForce(g);
        // Shortly after a change the one before is still good.
        bool fresh = i != 0 && clock <= versions[i].inForceAt + g.proofLifetime;
        if (fresh && draw.percent(40)) return versions[i - 1].policy;
        uint256 luck = draw.below(20);
        if (luck == 0) return ghosts[1 + draw.below(ghosts.length - 1)].versions[0].policy;
        if (luck <= 3 && i != 0) return versions[i - 1].policy;
        if (luck == 4) return versions[versions.length - 1].policy;
        if (luck == 5) return g.everAnnounced[draw.below(g.everAnnounced.length)];
        return versions[i].policy;
    }
}
