// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Why somebody used a power
/// @notice Every act of governance says why, in an event: by a reason out of this closed list, and by the sha256 of a
/// document that whoever acts keeps or publishes (`evidence`, 0 = none). Nothing here checks either: they are for those
/// who watch, and for whoever asks later.
///
/// | # | reason | said of |
/// |---|---|---|
/// | 0 | Planned | what was announced, or happens in the ordinary course: a first key, a rotation by the calendar, a new member |
/// | 1 | KeyLost | a key that its holder can't use any more |
/// | 2 | KeyStolen | a key that is, or may be, in somebody else's hands |
/// | 3 | Departure | a person or an organisation that gives its part up |
/// | 4 | Correction | something published or decided before that was wrong |
/// | 5 | Breach | broken rules of the issuer or of the list |
/// | 6 | Silence | somebody who hasn't been heard of for too long |
/// | 7 | LegalOrder | what a court or an authority demands |
/// | 8 | Resolved | the end of what an earlier act answered to |
enum Reason {
    Planned,
    KeyLost,
    KeyStolen,
    Departure,
    Correction,
    Breach,
    Silence,
    LegalOrder,
    Resolved
}
