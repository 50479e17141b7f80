// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {ITokenTableHook} from "../../../contracts/adapters/interfaces/ITokenTableHook.sol";

/// @notice A TokenTable unlocker as far as a hook can tell: it pays, then hands its own calldata and sender to the hook.
/// Payments are counted, and an owner may do as he likes; what matters is what the hook sees.
contract UnlockerHost is ERC721 {
    ITokenTableHook public hook;
    address public owner = msg.sender;
    address public claimingDelegate = msg.sender;
    mapping(address recipient => uint256) public paid;

    error NotPermissioned();

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotPermissioned();
        _;
    }

    constructor() ERC721("Future", "FUT") {}

    function futureToken() external view returns (address) {
        return address(this);
    }

    function mint(address recipient, uint256 actualId) external {
        _mint(recipient, actualId);
    }

    function claim(uint256[] calldata actualIds, address[] calldata claimTos, uint256, bytes calldata) external {
        for (uint256 i = 0; i < actualIds.length; ++i) {
            if (ownerOf(actualIds[i]) != msg.sender) revert NotPermissioned();
            ++paid[claimTos[i] == address(0) ? msg.sender : claimTos[i]];
        }
        _callHook();
    }

    function delegateClaim(uint256[] calldata actualIds, uint256, bytes calldata) external {
        if (msg.sender != claimingDelegate) revert NotPermissioned();
        for (uint256 i = 0; i < actualIds.length; ++i) ++paid[ownerOf(actualIds[i])];
        _callHook();
    }

    function setHook(ITokenTableHook hook_) external onlyOwner {
        hook = hook_;
        _callHook();
    }

    function disableHook() external onlyOwner {
        _callHook();
        hook = ITokenTableHook(address(0));
    }

    function transferOwnership(address newOwner) external onlyOwner {
        owner = newOwner;
    }

    /// @dev Any other call of an unlocker, and those of versions that are yet to come.
    fallback() external {
        if (msg.sender != owner) revert NotPermissioned();
        _callHook();
    }

    function _callHook() private {
        if (address(hook) != address(0)) hook.didCall(msg.data, msg.sender);
    }
}
