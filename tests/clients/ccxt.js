// SPDX-License-Identifier: GPL-3.0-or-later
// ccxt: the unified client; its "pro" half speaks streams and the WebSocket API.
'use strict';
const { assert, venue, client, until, near, fails, same, run, SYMBOL } = require('./kit.js');
const ccxt = client('ccxt');

const PAIR = 'BTC/USDT';
const rest = venue.rest + '/api/v3';
const settings = {
    apiKey: venue.key, secret: venue.secret,
    options: { defaultType: 'spot', fetchMarkets: { types: ['spot'] }, fetchCurrencies: false },
};
function open(Class) {
    const exchange = new Class(settings);
    Object.assign(exchange.urls.api, { public: rest, private: rest, sapi: venue.rest + '/sapi/v1' });
    if (exchange.urls.api.ws)
        Object.assign(exchange.urls.api.ws, { spot: venue.stream + '/ws', 'ws-api': { spot: venue.api } });
    return exchange;
}
const binance = open(ccxt.binance), pro = open(ccxt.pro.binance);
let last;

run({
    async ccxt_loads_the_markets_with_their_filters() {
        const markets = await binance.loadMarkets();
        const market = markets[PAIR];
        assert(market.active && market.spot);
        assert(market.precision.price > 0 && market.precision.amount > 0);
        assert(market.limits.cost.min > 0 && market.limits.amount.max > 0);
        await pro.loadHttpProxyAgent(); // ccxt asks for that before it speaks ws:// without TLS
        await pro.loadMarkets();
    },
    async ccxt_reads_the_market() {
        const book = await binance.fetchOrderBook(PAIR, 20);
        assert(book.bids.length >= 5 && book.bids[0][0] < book.asks[0][0]);
        const trades = await binance.fetchTrades(PAIR, undefined, 10);
        assert(Array.isArray(trades));
        const bars = await binance.fetchOHLCV(PAIR, '1m', undefined, 50);
        assert(bars.length > 0 && bars.every((bar) => bar[2] >= bar[3]));
        for (const frame of Object.keys(binance.timeframes)) {
            const rows = await binance.fetchOHLCV(PAIR, frame, undefined, 5);
            assert(rows.length > 0, frame);
        }
        const ticker = await binance.fetchTicker(PAIR);
        last = ticker.last;
        assert(ticker.bid < ticker.ask && ticker.high >= ticker.low);
        assert(Object.keys(await binance.fetchTickers()).length > 1);
        assert(Object.keys(await binance.fetchBidsAsks()).length > 1);
        assert((await binance.fetchLastPrices([PAIR]))[PAIR].price > 0);
        assert((await binance.fetchTime()) > 0);
        const fee = await binance.fetchTradingFee(PAIR);
        same(fee.maker, 0.001, 'maker');
    },
    async ccxt_reads_the_account() {
        const balance = await binance.fetchBalance();
        assert(balance.USDT.free > 0);
    },
    async ccxt_places_queries_and_cancels_a_limit_order() {
        const order = await binance.createOrder(PAIR, 'limit', 'buy', 0.01, last * 0.9);
        assert.strictEqual(order.status, 'open');
        const found = await binance.fetchOrder(order.id, PAIR);
        same(found.price, order.price, 'price');
        assert.strictEqual((await binance.fetchOpenOrders(PAIR)).length, 1);
        await binance.cancelOrder(order.id, PAIR);
        assert.strictEqual((await binance.fetchOrder(order.id, PAIR)).status, 'canceled');
        assert((await binance.fetchOrders(PAIR)).some((row) => row.id === order.id));
    },
    async ccxt_buys_at_market_by_quantity_and_by_cost() {
        const order = await binance.createOrder(PAIR, 'market', 'buy', 0.01);
        assert.strictEqual(order.status, 'closed');
        same(order.filled, 0.01, 'filled');
        const spent = await binance.createMarketBuyOrderWithCost(PAIR, 500);
        assert(spent.cost <= 500 && spent.cost > 400);
        const trades = await binance.fetchMyTrades(PAIR);
        assert(trades.length >= 2 && trades.every((trade) => trade.fee.cost > 0));
        assert((await binance.fetchOrderTrades(order.id, PAIR)).length > 0);
    },
    async ccxt_stops_edits_and_cancels_all() {
        const stop = await binance.createOrder(PAIR, 'STOP_LOSS_LIMIT', 'sell', 0.001, last * 0.8, { stopPrice: last * 0.85 });
        const plain = await binance.createOrder(PAIR, 'limit', 'buy', 0.01, last * 0.9, { postOnly: true });
        const moved = await binance.editOrder(plain.id, PAIR, 'limit', 'buy', 0.02, last * 0.91);
        same(moved.amount, 0.02, 'amount');
        assert.strictEqual((await binance.fetchOpenOrders(PAIR)).length, 2);
        await binance.cancelAllOrders(PAIR);
        assert.strictEqual((await binance.fetchOrder(stop.id, PAIR)).status, 'canceled');
        assert.strictEqual((await binance.fetchOrder(plain.id, PAIR)).status, 'canceled');
    },
    async ccxt_knows_each_refusal_by_its_class() {
        const refused = [
            [binance.createOrder(PAIR, 'limit', 'buy', 100, last * 0.9), ccxt.InsufficientFunds],
            [binance.createOrder(PAIR, 'limit', 'buy', 0.00001, last * 0.9), ccxt.BadRequest],
            [binance.cancelOrder('999999999', PAIR), ccxt.OrderNotFound],
            [binance.fetchOrder('999999999', PAIR), ccxt.OrderNotFound],
            [binance.createOrder(PAIR, 'limit', 'buy', 0.01, last * 1.1, { postOnly: true }), ccxt.OrderImmediatelyFillable],
        ];
        for (const [promise, Class] of refused) {
            const error = await fails(promise);
            assert(error instanceof Class, `${error.constructor.name}: ${error.message}`);
        }
        const stranger = open(ccxt.binance);
        stranger.secret = 'x'.repeat(64);
        assert((await fails(stranger.fetchBalance())) instanceof ccxt.AuthenticationError);
    },
    async ccxt_watches_the_market() {
        const book = await pro.watchOrderBook(PAIR);
        assert(book.bids.length > 0 && book.bids[0][0] < book.asks[0][0]);
        assert((await pro.watchTicker(PAIR)).last > 0);
        assert((await pro.watchTrades(PAIR)).length > 0);
        assert((await pro.watchOHLCV(PAIR, '1m')).length > 0);
        assert(Object.keys(await pro.watchTickers()).length > 0);
        assert(Object.keys(await pro.watchBidsAsks([PAIR])).length > 0);
    },
    async ccxt_watches_its_orders_and_trades_over_the_websocket_api() {
        const orders = pro.watchOrders(PAIR);
        const order = await pro.createOrderWs(PAIR, 'limit', 'buy', 0.01, last * 0.9);
        assert.strictEqual((await orders)[0].id, order.id);
        assert.strictEqual((await pro.fetchOrderWs(order.id, PAIR)).status, 'open');
        assert.strictEqual((await pro.fetchOpenOrdersWs(PAIR)).length, 1);
        const edited = await pro.editOrderWs(order.id, PAIR, 'limit', 'buy', 0.02, last * 0.9);
        await pro.cancelOrderWs(edited.id, PAIR);
        assert((await pro.fetchBalanceWs()).info.balances.length > 0);
        assert((await pro.fetchOHLCVWs(PAIR, '1m', undefined, 5)).length > 0);
        await pro.createOrderWs(PAIR, 'market', 'buy', 0.01);
        assert((await pro.fetchMyTradesWs(PAIR)).length > 0);
    },
}, async () => { await pro.close(); });
