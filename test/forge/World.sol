// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Distributor} from "../../contracts/Distributor.sol";
import {ExampleToken} from "../../contracts/examples/ExampleToken.sol";
import {Grants} from "../../contracts/Grants.sol";
import {IIssuerRegistry} from "../../contracts/interfaces/IIssuerRegistry.sol";
import {Reason} from "../../contracts/interfaces/Reason.sol";
import {IssuerRegistry} from "../../contracts/IssuerRegistry.sol";
import {RootRegistry} from "../../contracts/RootRegistry.sol";
import {Assets} from "../../contracts/libraries/Assets.sol";
import {Chance, Draw} from "./Chance.sol";
import {Hooked, Reenterer, Refuser, TollToken} from "./Doubles.sol";
import {VM} from "./Vm.sol";

/// @title Everything deployed, everyone with money, and a ledger of who must have what
/// @dev The ledger is kept by hand beside every call. After each one all balances are compared with it, so nobody can gain
/// or lose what the call's meaning doesn't say.
abstract contract World {
    error WrongBalance(IERC20 asset, address account, uint256 balance, uint256 expected);

    using Chance for Draw;

    IERC20 internal constant COIN = IERC20(Assets.COIN);
    uint256 internal constant WEALTH = 2 ** 100;
    uint40 internal constant NEVER = type(uint40).max;
    uint256 private constant GENESIS = 1_767_225_600;

    address internal constant ISSUER = address(0x1001);
    address internal constant PUBLISHER = address(0x1002);
    address internal constant GUARDIAN = address(0x1003);
    address internal constant RELAYER = address(0x1004);
    address internal constant FEE_TAKER = address(0x1005);
    address internal constant STRANGER = address(0x1006);
    address[2] internal owners = [address(0x2001), address(0x2002)];
    address[4] internal holders = [address(0x3001), address(0x3002), address(0x3003), address(0x3004)];

    IssuerRegistry internal immutable ISSUERS = new IssuerRegistry();
    RootRegistry internal immutable ROOTS = new RootRegistry(ISSUERS);
    Grants internal immutable GRANTS = new Grants();
    Distributor public immutable DISTRIBUTOR = new Distributor(ROOTS, GRANTS);
    ExampleToken internal immutable TOKEN = new ExampleToken();
    TollToken internal immutable TOLL = new TollToken();
    address internal immutable REFUSER = address(new Refuser());
    Reenterer internal immutable REENTERER = new Reenterer();
    address internal immutable GOOD_HOOK = address(new Hooked(true));
    address internal immutable BAD_HOOK = address(new Hooked(false));

    /// @dev Unix seconds. forge keeps a warp, or forgets it, by its own rules: every act begins by setting the time.
    uint256 internal clock = GENESIS;
    /// @dev What happened how often, by name: a run in which nothing succeeds proves nothing.
    mapping(bytes32 what => uint256) public tally;

    /// @dev Every such name that came up.
    bytes32[] internal names;
    /// @dev While it is set nobody is chosen whom a payment may not reach.
    bool internal tame;

    address[] private _everyone;
    mapping(IERC20 asset => mapping(address account => uint256)) private _ledger;

    constructor() {
        VM.warp(clock);
        _appoint();
        _everyone = [owners[0], owners[1], holders[0], holders[1], holders[2], holders[3]];
        for (uint160 i = 0x1001; i <= 0x1006; ++i) _everyone.push(address(i));
        _everyone.push(address(0));
        _everyone.push(REFUSER);
        _everyone.push(address(REENTERER));
        _everyone.push(address(DISTRIBUTOR));
        _everyone.push(address(GRANTS));
        _everyone.push(address(TOLL));
        _enrich(owners[0]);
        _enrich(owners[1]);
        _enrich(STRANGER);
    }

    /// @dev Goes on where time stands, and compares all balances afterwards.
    modifier acting() {
        VM.warp(clock);
        _;
        _compareBalances();
    }

    /// @dev Counts what an act came to: the error, or what it did where there is none.
    function _noteAnswer(bytes4 refusal, bytes32 what) internal {
        _note(refusal == 0 ? what : bytes32(refusal));
    }

    function _note(bytes32 what) internal {
        if (++tally[what] == 1) names.push(what);
    }

    /// @dev Writes down that so much leaves an account.
    /// @return arrived What of it reaches the other.
    function _move(IERC20 asset, address from, address to, uint256 amount) internal returns (uint256 arrived) {
        uint256 toll = address(asset) == address(TOLL) ? amount / 10 : 0;
        arrived = amount - toll;
        _ledger[asset][from] -= amount;
        _ledger[asset][to] += arrived;
        _ledger[asset][address(TOLL)] += toll;
    }

    /// @dev What an account really has.
    function _balanceOf(IERC20 asset, address account) internal view returns (uint256) {
        return _isCoin(asset) ? account.balance : asset.balanceOf(account);
    }

    /// @dev All that everyone has.
    function _allBalances() internal view returns (uint256[] memory balances) {
        balances = new uint256[](3 * _everyone.length);
        for (uint256 i = 0; i < balances.length; ++i) balances[i] = _balanceOf(_assetAt(i % 3), _everyone[i / 3]);
    }

    function _assetAt(uint256 i) internal view returns (IERC20) {
        if (i == 0) return IERC20(address(TOKEN));
        return i == 1 ? IERC20(address(TOLL)) : COIN;
    }

    function _numberOf(IERC20 asset) internal view returns (uint256) {
        if (address(asset) == address(TOKEN)) return 0;
        return address(asset) == address(TOLL) ? 1 : 2;
    }

    function _isCoin(IERC20 asset) internal pure returns (bool) {
        return Assets.isCoin(asset);
    }

    /// @dev What a payment would fail for: the coin at who takes none, a token at nobody.
    function _takes(IERC20 asset, address to) internal view returns (bool) {
        return _isCoin(asset) ? to != REFUSER : to != address(0);
    }

    /// @dev Anybody; in coin often who calls back.
    function _anyRecipient(Draw memory draw, IERC20 asset) internal view returns (address) {
        uint256 luck = draw.below(20);
        if (tame || luck > (_isCoin(asset) ? 9 : 3)) return holders[draw.below(holders.length)];
        if (luck == 0) return _isCoin(asset) ? REFUSER : address(0);
        return luck == 1 ? REFUSER : address(REENTERER);
    }

    function _appoint() private {
        ISSUERS.registerIssuer(ISSUER, "https://issuer.example");
        VM.prank(ISSUER);
        ISSUERS.grantRole(1, IIssuerRegistry.Role.Publisher, PUBLISHER, Reason.Planned, 0);
        VM.prank(ISSUER);
        ISSUERS.grantRole(1, IIssuerRegistry.Role.Guardian, GUARDIAN, Reason.Planned, 0);
    }

    /// @dev Gives an account much of every asset, and both contracts leave to take it.
    function _enrich(address account) private {
        VM.deal(account, WEALTH);
        _ledger[COIN][account] = WEALTH;
        TOKEN.mint(account, WEALTH);
        TOLL.mint(account, WEALTH);
        for (uint256 i = 0; i < 2; ++i) {
            IERC20 asset = _assetAt(i);
            _ledger[asset][account] = WEALTH;
            VM.prank(account);
            asset.approve(address(DISTRIBUTOR), type(uint256).max);
            VM.prank(account);
            asset.approve(address(GRANTS), type(uint256).max);
        }
    }

    function _compareBalances() internal view {
        for (uint256 i = 0; i < 3; ++i) {
            IERC20 asset = _assetAt(i);
            for (uint256 j = 0; j < _everyone.length; ++j) {
                address account = _everyone[j];
                uint256 balance = _balanceOf(asset, account);
                uint256 expected = _ledger[asset][account];
                if (balance != expected) revert WrongBalance(asset, account, balance, expected);
            }
        }
    }
}
