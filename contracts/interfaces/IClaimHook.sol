// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CampaignId} from "./IDistributor.sol";

/// @title What a campaign may call after each claim
/// @notice The distributor is the sender. A hook gets the gas that the campaign set aside for it and can do nothing to
/// the claim, unless the campaign made it mandatory: then a claim whose hook fails is not paid.
/// @dev Anyone can name any hook in a campaign of his own: check the sender and the campaign's id.
interface IClaimHook {
    /// @param nullifier Whose claim it was, as far as anybody knows.
    /// @param amount Base units before the fee.
    /// @param hookData What the claimant's action carries; bound into the proof.
    function afterClaim(
        CampaignId campaignId,
        uint256 nullifier,
        address recipient,
        uint256 amount,
        bytes calldata hookData
    ) external;
}
