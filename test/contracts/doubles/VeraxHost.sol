// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC165} from "@openzeppelin/contracts/utils/introspection/ERC165.sol";
import {ERC165Checker} from "@openzeppelin/contracts/utils/introspection/ERC165Checker.sol";
import {AttestationPayload, IVeraxModule} from "../../../contracts/adapters/interfaces/IVeraxModule.sol";

/// @notice What Verax asks of a module, declared as Verax declares it: the identifier covers both functions.
abstract contract VeraxModuleShape is ERC165 {
    function run(
        AttestationPayload calldata attestationPayload,
        bytes calldata validationPayload,
        address initialCaller,
        uint256 value,
        address attester,
        address portal,
        uint8 operationType
    ) public virtual;

    function supportsInterface(bytes4 interfaceId) public view virtual override returns (bool) {
        return interfaceId == type(VeraxModuleShape).interfaceId || super.supportsInterface(interfaceId);
    }
}

/// @notice Verax' module registry and its registry of attestations, as far as a module can tell. Anyone may have
/// modules run: the module is told who asks.
contract VeraxHost {
    struct Record {
        AttestationPayload payload;
        address attester;
        address portal;
        bool revoked;
    }

    mapping(address module => bool) public isRegistered;
    Record[] private _records;

    error ModuleInvalid();
    error ModuleNotRegistered();

    function registerModule(address module) external {
        if (!ERC165Checker.supportsInterface(module, type(VeraxModuleShape).interfaceId)) revert ModuleInvalid();
        isRegistered[module] = true;
    }

    function runModulesV2(
        address[] memory modules,
        AttestationPayload memory payload,
        bytes[] memory validationPayloads,
        uint256 value,
        address initialCaller,
        address attester,
        uint8 operationType
    ) external {
        for (uint256 i = 0; i < modules.length; ++i) {
            if (!isRegistered[modules[i]]) revert ModuleNotRegistered();
            IVeraxModule(modules[i]).run(
                payload,
                validationPayloads[i],
                initialCaller,
                value,
                attester,
                msg.sender,
                operationType
            );
        }
    }

    function attest(AttestationPayload calldata payload, address attester) external {
        _records.push(Record(payload, attester, msg.sender, false));
    }

    /// @dev Portals revoke here, and run no module before.
    function revoke(uint256 id) external {
        require(_records[id].portal == msg.sender, "portal");
        _records[id].revoked = true;
    }

    function count() external view returns (uint256) {
        return _records.length;
    }

    function isRevoked(uint256 id) external view returns (bool) {
        return _records[id].revoked;
    }
}
