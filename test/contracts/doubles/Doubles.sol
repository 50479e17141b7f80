// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {PoseidonT3} from "poseidon-solidity/PoseidonT3.sol";
import {PoseidonT5} from "poseidon-solidity/PoseidonT5.sol";
import {EligibilityGate} from "../../../contracts/EligibilityGate.sol";
import {IDistributor, CampaignId} from "../../../contracts/interfaces/IDistributor.sol";
import {IRootRegistry} from "../../../contracts/interfaces/IRootRegistry.sol";
import {ListTree} from "../../../contracts/libraries/ListTree.sol";
import {PackedTimes} from "../../../contracts/libraries/PackedTimes.sol";
import {RootHistory} from "../../../contracts/libraries/RootHistory.sol";
import {Claim} from "../../../contracts/libraries/Statement.sol";

/// @notice A gate with nothing of its own: any rule, any action.
contract BareGate is EligibilityGate {
    constructor(IRootRegistry registry) EligibilityGate(registry) {}

    function setRule(bytes32 label, uint256 terms, Acceptance calldata acceptance) external {
        _setRule(label, terms, acceptance);
    }

    function amendRule(bytes32 label, uint256 terms, uint32 indexLimit, uint24 notice) external {
        _amendRule(label, terms, indexLimit, notice);
    }

    function accept(bytes32 label, uint256 id, bytes32 actionHash, Claim calldata claim) external {
        _accept(label, id, actionHash, claim);
    }
}

/// @notice A gate on which a test can say that a nullifier is spent.
contract StatedGate is BareGate {
    constructor(IRootRegistry registry) BareGate(registry) {}

    function spend(uint256 nullifier) external {
        _spent[nullifier] = 1;
    }
}

/// @notice A registry of one source, whose facts a test states; the rule is the real one.
contract StatedRegistry {
    using RootHistory for RootHistory.Source;

    RootHistory.Source private _source;

    function state(uint256 root, IRootRegistry.RootFacts calldata facts) external {
        _source.state = RootHistory.State(1, 1, facts.lastPublishedAt, facts.frozen);
        _source.marks[root] = RootHistory.Mark(facts.current ? 1 : 0, facts.known ? 1 : 0, 1);
        _source.endedAt[0] = facts.endedAt;
    }

    function checkRoot(uint64 source, uint256 root, uint40 maxStaleness, uint40 maxSilence) external view {
        _source.check(source, root, maxStaleness, maxSilence);
    }

    function isSource(uint64) external pure returns (bool) {
        return true;
    }
}

/// @notice The list's tree and times, and the hashes, laid open.
contract LibraryHarness {
    using ListTree for ListTree.Tree;
    using PackedTimes for PackedTimes.Times;

    ListTree.Tree private _tree;
    PackedTimes.Times private _times;

    function setPlace(uint256 place, uint256 root) external returns (uint256 listRoot) {
        return _tree.rehash(_tree.set(place, root));
    }

    function setTime(uint256 place, uint40 time) external returns (uint40 least) {
        _times.set(place, time);
        return _times.min();
    }

    function rootOfOne(uint256 treeRoot) external pure returns (uint256) {
        return ListTree.rootOfOne(treeRoot);
    }

    function hash2(uint256[2] calldata inputs) external pure returns (uint256) {
        return PoseidonT3.hash(inputs);
    }

    function hash4(uint256[4] calldata inputs) external pure returns (uint256) {
        return PoseidonT5.hash(inputs);
    }

    function hashAction(IDistributor.Action calldata action) external pure returns (bytes32) {
        return keccak256(abi.encode(action));
    }

    function emptyRoots() external pure returns (uint256, uint256) {
        return (ListTree.EMPTY_14, ListTree.EMPTY_15);
    }
}

/// @notice A token that keeps a tenth of every transfer.
contract TollToken is ERC20 {
    constructor() ERC20("Toll", "TOLL") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function _update(address from, address to, uint256 value) internal override {
        uint256 toll = from == address(0) ? 0 : value / 10;
        super._update(from, to, value - toll);
        if (toll != 0) super._update(from, address(this), toll);
    }
}

/// @notice A token that calls back whoever it was told to, in the middle of a transfer.
contract CallbackToken is ERC20 {
    address private _target;
    bytes private _call;

    constructor() ERC20("Callback", "BACK") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function callBack(address target, bytes calldata call_) external {
        (_target, _call) = (target, call_);
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from == address(0) || _target == address(0)) return;
        (bool success, bytes memory result) = _target.call(_call);
        if (success) return;
        assembly {
            revert(add(result, 0x20), mload(result))
        }
    }
}

/// @notice An account that is a contract: what its owner signed, it signed (ERC-1271).
contract ContractAccount {
    address private immutable OWNER;

    constructor(address owner) {
        OWNER = owner;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        return ECDSA.recover(hash, signature) == OWNER ? this.isValidSignature.selector : bytes4(0xffffffff);
    }
}

/// @notice Publishes and claims in one transaction.
contract Bundler {
    function publishThenClaim(
        IRootRegistry roots,
        IRootRegistry.Publication calldata publication,
        IDistributor distributor,
        CampaignId campaignId,
        Claim calldata claim,
        IDistributor.Action calldata action
    ) external {
        roots.publish(publication);
        distributor.claim(campaignId, claim, action);
    }
}
