// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC165} from "@openzeppelin/contracts/utils/introspection/ERC165.sol";
import {ERC165Checker} from "@openzeppelin/contracts/utils/introspection/ERC165Checker.sol";
import {IEasResolver} from "../../../contracts/adapters/interfaces/IEasResolver.sol";
import {ISignProtocol, ISignProtocolHook} from "../../../contracts/adapters/interfaces/ISignProtocolHook.sol";
import {ITokenTableHook} from "../../../contracts/adapters/interfaces/ITokenTableHook.sol";
import {AttestationPayload, IVeraxModule} from "../../../contracts/adapters/interfaces/IVeraxModule.sol";

// The systems that call the adapters, as far as the adapters can tell: who calls, when, with which arguments and coins.

/// @notice Sign Protocol: the hook is called last, with the attester on record, not the sender; a batch hands every
/// attestation the same extra data.
contract SignProtocolHost is ISignProtocol {
    struct Record {
        uint64 schemaId;
        address attester;
        bool revoked;
    }

    mapping(uint64 => Schema) private _schemas;
    mapping(uint64 => Record) public records;
    uint64 public schemaCounter = 1;
    uint64 public attestationCounter = 1;

    function register(Schema memory schema, bytes calldata) external returns (uint64 schemaId) {
        require(schema.registrant == msg.sender, "registrant");
        schemaId = schemaCounter++;
        _schemas[schemaId] = schema;
    }

    function attest(uint64 schemaId, uint256 fee, bytes calldata extraData) external payable {
        (ISignProtocolHook hook, uint64 id) = _record(schemaId, msg.sender);
        hook.didReceiveAttestation{value: fee}(msg.sender, schemaId, id, extraData);
    }

    /// @dev With the attester's signature, which is taken for granted here.
    function attestFor(address attester, uint64 schemaId, bytes calldata extraData) external {
        (ISignProtocolHook hook, uint64 id) = _record(schemaId, attester);
        hook.didReceiveAttestation(attester, schemaId, id, extraData);
    }

    function attestWithToken(uint64 schemaId, IERC20 token, uint256 amount, bytes calldata extraData) external {
        (ISignProtocolHook hook, uint64 id) = _record(schemaId, msg.sender);
        hook.didReceiveAttestation(msg.sender, schemaId, id, token, amount, extraData);
    }

    function attestBatch(uint64[] calldata schemaIds, bytes calldata extraData) external {
        for (uint256 i = 0; i < schemaIds.length; ++i) {
            (ISignProtocolHook hook, uint64 id) = _record(schemaIds[i], msg.sender);
            hook.didReceiveAttestation(msg.sender, schemaIds[i], id, extraData);
        }
    }

    function revoke(uint64 id, uint256 fee, bytes calldata extraData) external payable {
        (ISignProtocolHook hook, address attester, uint64 schemaId) = _revoke(id);
        hook.didReceiveRevocation{value: fee}(attester, schemaId, id, extraData);
    }

    function revokeWithToken(uint64 id, IERC20 token, uint256 amount, bytes calldata extraData) external {
        (ISignProtocolHook hook, address attester, uint64 schemaId) = _revoke(id);
        hook.didReceiveRevocation(attester, schemaId, id, token, amount, extraData);
    }

    /// @dev The hook gets so little gas.
    function revokeWithGas(uint64 id, uint256 gasLimit, bytes calldata extraData) external {
        (ISignProtocolHook hook, address attester, uint64 schemaId) = _revoke(id);
        hook.didReceiveRevocation{gas: gasLimit}(attester, schemaId, id, extraData);
    }

    function _record(uint64 schemaId, address attester) private returns (ISignProtocolHook hook, uint64 id) {
        id = attestationCounter++;
        records[id] = Record(schemaId, attester, false);
        hook = ISignProtocolHook(_schemas[schemaId].hook);
    }

    function _revoke(uint64 id) private returns (ISignProtocolHook hook, address attester, uint64 schemaId) {
        Record storage record = records[id];
        require(record.attester == msg.sender, "attester");
        require(!record.revoked, "revoked");
        record.revoked = true;
        (attester, schemaId) = (record.attester, record.schemaId);
        hook = ISignProtocolHook(_schemas[schemaId].hook);
    }
}

/// @notice EAS with its schema registry: attestations are stored first, then the resolver is asked, once for one and once
/// for many; what it doesn't confirm is undone. Coins are passed on only to a resolver that takes them.
contract EasHost {
    struct Record {
        IEasResolver resolver;
        bool revocable;
    }

    mapping(bytes32 uid => Record) public schemas;
    mapping(bytes32 uid => IEasResolver.Attestation) private _attestations;
    uint256 public count;

    error InvalidAttestation();
    error InvalidRevocation();
    error NotPayable();

    function register(string calldata schema, address resolver, bool revocable) external returns (bytes32 uid) {
        uid = keccak256(abi.encodePacked(schema, resolver, revocable));
        schemas[uid] = Record(IEasResolver(resolver), revocable);
    }

    function attest(bytes32 schema, address recipient, bytes calldata data) external payable returns (bytes32) {
        return _attest(schema, msg.sender, recipient, data);
    }

    /// @dev With the attester's signature, which is taken for granted here.
    function attestFor(address attester, bytes32 schema, address recipient, bytes calldata data) external payable {
        _attest(schema, attester, recipient, data);
    }

    function multiAttest(bytes32 schema, address[] calldata recipients, bytes[] calldata data) external {
        IEasResolver.Attestation[] memory made = new IEasResolver.Attestation[](data.length);
        for (uint256 i = 0; i < data.length; ++i) made[i] = _store(schema, msg.sender, recipients[i], data[i]);
        bool valid = schemas[schema].resolver.multiAttest(made, new uint256[](data.length));
        if (!valid) revert InvalidAttestation();
    }

    function revoke(bytes32 uid) external payable {
        IEasResolver.Attestation memory attestation = _revoke(uid);
        _checkValue(attestation.schema);
        if (!schemas[attestation.schema].resolver.revoke(attestation)) revert InvalidRevocation();
    }

    /// @dev The resolver gets so little gas.
    function revokeWithGas(bytes32 uid, uint256 gasLimit) external {
        IEasResolver.Attestation memory attestation = _revoke(uid);
        bool valid = schemas[attestation.schema].resolver.revoke{gas: gasLimit}(attestation);
        if (!valid) revert InvalidRevocation();
    }

    function multiRevoke(bytes32[] calldata uids) external {
        IEasResolver.Attestation[] memory revoked = new IEasResolver.Attestation[](uids.length);
        for (uint256 i = 0; i < uids.length; ++i) revoked[i] = _revoke(uids[i]);
        bool valid = schemas[revoked[0].schema].resolver.multiRevoke(revoked, new uint256[](uids.length));
        if (!valid) revert InvalidRevocation();
    }

    function getAttestation(bytes32 uid) external view returns (IEasResolver.Attestation memory) {
        return _attestations[uid];
    }

    function _attest(
        bytes32 schema,
        address attester,
        address recipient,
        bytes calldata data
    ) private returns (bytes32) {
        IEasResolver.Attestation memory made = _store(schema, attester, recipient, data);
        _checkValue(schema);
        if (!schemas[schema].resolver.attest(made)) revert InvalidAttestation();
        return made.uid;
    }

    function _checkValue(bytes32 schema) private view {
        if (msg.value != 0 && !schemas[schema].resolver.isPayable()) revert NotPayable();
    }

    function _store(
        bytes32 schema,
        address attester,
        address recipient,
        bytes calldata data
    ) private returns (IEasResolver.Attestation memory made) {
        bytes32 uid = keccak256(abi.encode(schema, attester, recipient, data, ++count));
        uint64 time = uint64(block.timestamp);
        made = IEasResolver.Attestation(uid, schema, time, 0, 0, 0, recipient, attester, true, data);
        _attestations[uid] = made;
    }

    function _revoke(bytes32 uid) private returns (IEasResolver.Attestation memory) {
        IEasResolver.Attestation storage attestation = _attestations[uid];
        require(attestation.attester == msg.sender, "attester");
        require(attestation.revocationTime == 0, "revoked");
        attestation.revocationTime = uint64(block.timestamp);
        return attestation;
    }
}

/// @notice A TokenTable unlocker: it pays, then hands its own calldata and sender to the hook. Payments are counted, and an
/// owner may do as he likes; what matters is what the hook sees.
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

/// @notice Verax' module registry and its registry of attestations. Anyone may have modules run: the module is told who asks.
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

/// @notice A portal that speaks for one attester, whoever calls, with the operations of Verax' portals.
contract PortalHost {
    VeraxHost private immutable VERAX;
    address private immutable ATTESTER = msg.sender;
    address[] private _modules;

    constructor(VeraxHost verax) {
        VERAX = verax;
    }

    function setModule(address module) external {
        _modules = [module];
    }

    function attestAs(
        AttestationPayload calldata payload,
        bytes[] calldata validationPayloads,
        uint8 operationType
    ) external payable {
        VERAX.runModulesV2(_modules, payload, validationPayloads, msg.value, msg.sender, ATTESTER, operationType);
        VERAX.attest(payload, ATTESTER);
    }

    function bulkAttest(AttestationPayload[] calldata payloads, bytes[][] calldata validationPayloads) external {
        for (uint256 i = 0; i < payloads.length; ++i) {
            VERAX.runModulesV2(_modules, payloads[i], validationPayloads[i], 0, msg.sender, ATTESTER, 1);
        }
        for (uint256 i = 0; i < payloads.length; ++i) VERAX.attest(payloads[i], ATTESTER);
    }

    function revoke(uint256 id) external {
        VERAX.revoke(id);
    }
}
