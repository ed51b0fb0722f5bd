// SPDX-License-Identifier: GPL-3.0-or-later
// "binance" of tiagosiebler: REST, streams, and the WebSocket API with events for user data.
'use strict';
const { assert, venue, client, until, near, fails, same, run, SYMBOL } = require('./kit.js');
const { MainClient, WebsocketClient, WebsocketAPIClient } = client('binance');

const quiet = { trace() {}, info() {}, error() {} };
const keys = { api_key: venue.key, api_secret: venue.secret, beautify: true };
const rest = new MainClient({ ...keys, baseUrl: venue.rest });
const sockets = [];
const base = { ...keys, wsUrl: venue.stream + '/ws' };
let last, bitcoins;

run({
    async tiagosiebler_reads_the_market() {
        assert.deepStrictEqual(await rest.testConnectivity(), {});
        bitcoins = Number((await rest.getAccountInformation()).balances.find((row) => row.asset === 'BTC').free);
        assert(bitcoins > 0, 'something to sell');
        const info = await rest.getExchangeInfo({ symbol: SYMBOL });
        assert.strictEqual(info.symbols[0].symbol, SYMBOL);
        assert(info.symbols[0].filters.some((filter) => filter.filterType === 'PERCENT_PRICE_BY_SIDE'));
        assert((await rest.getOrderBook({ symbol: SYMBOL, limit: 5 })).bids.length === 5);
        await until('trades', async () => (await rest.getRecentTrades({ symbol: SYMBOL })).length > 3);
        const trades = await rest.getRecentTrades({ symbol: SYMBOL, limit: 3 });
        const older = await rest.getHistoricalTrades({ symbol: SYMBOL, fromId: trades[0].id, limit: 1 });
        assert.deepStrictEqual(older[0], trades[0]);
        const aggregates = await rest.getAggregateTrades({ symbol: SYMBOL, fromId: trades[0].id, limit: 1 });
        assert.strictEqual(aggregates[0].a, trades[0].id);
        assert.strictEqual(aggregates[0].p, trades[0].price);
        assert((await rest.getKlines({ symbol: SYMBOL, interval: '1m', limit: 7 })).length === 7);
        assert((await rest.getUIKlines({ symbol: SYMBOL, interval: '1h', limit: 7 })).length === 7);
        last = Number((await rest.getSymbolPriceTicker({ symbol: SYMBOL })).price);
        const average = Number((await rest.getAvgPrice({ symbol: SYMBOL })).price);
        assert(Math.abs(average / last - 1) < 0.2);
    },
    async tiagosiebler_reads_every_ticker() {
        const day = await rest.get24hrChangeStatistics({ symbol: SYMBOL });
        assert(Number(day.highPrice) >= Number(day.lowPrice) && Number(day.volume) > 0);
        assert((await rest.get24hrChangeStatistics()).length > 1);
        const mini = await rest.get24hrChangeStatistics({ symbol: SYMBOL, type: 'MINI' });
        assert(mini.openPrice && mini.bidPrice === undefined);
        const hour = await rest.getRollingWindowTicker({ symbol: SYMBOL, windowSize: '1h' });
        assert(Number(hour.volume) <= Number(day.volume));
        assert(hour.closeTime - hour.openTime <= 3660000);
        const today = await rest.getTradingDayTicker({ symbols: [SYMBOL, 'ETHUSDT'] });
        assert.strictEqual(today.length, 2);
        assert.strictEqual(today[0].openTime % 86400000, 0);
        const best = await rest.getSymbolOrderBookTicker({ symbol: SYMBOL });
        assert(Number(best.bidPrice) < Number(best.askPrice));
        assert((await rest.getSymbolPriceTicker()).length > 1);
        assert((await rest.getSymbolOrderBookTicker()).length > 1);
    },
    async tiagosiebler_places_every_type_of_order() {
        const common = { symbol: SYMBOL, side: 'BUY' };
        const bought = await rest.submitNewOrder({ ...common, type: 'MARKET', quantity: 0.05, newOrderRespType: 'FULL' });
        assert.strictEqual(bought.status, 'FILLED');
        same(bought.fills.reduce((sum, fill) => sum + Number(fill.qty), 0), 0.05, 'sum of fills');
        const spent = await rest.submitNewOrder({ ...common, type: 'MARKET', quoteOrderQty: 100 });
        assert(Number(spent.cummulativeQuoteQty) <= 100);
        await rest.testNewOrder({ ...common, type: 'LIMIT', timeInForce: 'GTC', quantity: 0.01, price: near(last, 0.9) });
        assert.strictEqual((await rest.getOpenOrders({ symbol: SYMBOL })).length, 0);
        const limit = await rest.submitNewOrder({ ...common, type: 'LIMIT', timeInForce: 'GTC', quantity: 0.01, price: near(last, 0.9) });
        const maker = await rest.submitNewOrder({ ...common, type: 'LIMIT_MAKER', quantity: 0.01, price: near(last, 0.91) });
        const stop = await rest.submitNewOrder({
            ...common, side: 'SELL', type: 'STOP_LOSS_LIMIT', timeInForce: 'GTC', quantity: 0.01, price: near(last, 0.8), stopPrice: near(last, 0.85) });
        const open = await rest.getOpenOrders({ symbol: SYMBOL });
        assert.deepStrictEqual(open.map((order) => order.orderId).sort(), [limit, maker, stop].map((order) => order.orderId).sort());
        const expired = await rest.submitNewOrder({ ...common, type: 'LIMIT', timeInForce: 'IOC', quantity: 0.01, price: near(last, 0.9), newOrderRespType: 'RESULT' });
        assert.strictEqual(expired.status, 'EXPIRED');
        const all = await rest.cancelAllSymbolOrders({ symbol: SYMBOL });
        assert.strictEqual(all.length, 3);
        const seen = await rest.getAllOrders({ symbol: SYMBOL });
        assert.strictEqual(seen.filter((order) => order.status === 'CANCELED').length, 3);
    },
    async tiagosiebler_replaces_an_order_and_says_what_failed() {
        const order = { symbol: SYMBOL, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: 0.01, price: near(last, 0.9) };
        const first = await rest.submitNewOrder({ ...order }); // it notes its client id in what it is given
        const replaced = await rest.replaceOrder({ ...order, cancelReplaceMode: 'STOP_ON_FAILURE', cancelOrderId: first.orderId, price: near(last, 0.91) });
        assert.strictEqual(replaced.cancelResult + replaced.newOrderResult, 'SUCCESSSUCCESS');
        assert.strictEqual(replaced.cancelResponse.orderId, first.orderId);
        const failed = await fails(rest.replaceOrder({ ...order, cancelReplaceMode: 'STOP_ON_FAILURE', cancelOrderId: first.orderId }));
        assert.strictEqual(failed.code, -2022);
        assert.strictEqual(failed.body.data.newOrderResult, 'NOT_ATTEMPTED');
        const half = await fails(rest.replaceOrder({ ...order, cancelReplaceMode: 'ALLOW_FAILURE', cancelOrderId: first.orderId }));
        assert.strictEqual(half.code, -2021);
        assert.strictEqual(half.body.data.cancelResponse.code, -2011);
        assert.strictEqual(half.body.data.newOrderResponse.status, 'NEW');
        await rest.cancelAllSymbolOrders({ symbol: SYMBOL });
    },
    async tiagosiebler_places_pairs_over_both_endpoints() {
        await rest.submitNewOrder({ symbol: SYMBOL, side: 'BUY', type: 'MARKET', quantity: 0.05 });
        const old = await rest.submitNewOCO({
            symbol: SYMBOL, side: 'SELL', quantity: 0.01, price: near(last, 1.1), stopPrice: near(last, 0.9), stopLimitPrice: near(last, 0.89), stopLimitTimeInForce: 'GTC' });
        const young = await rest.submitNewOrderList({
            symbol: SYMBOL, side: 'SELL', quantity: 0.01, aboveType: 'LIMIT_MAKER', abovePrice: near(last, 1.1), belowType: 'STOP_LOSS', belowStopPrice: near(last, 0.9) });
        assert.strictEqual((await rest.getAllOpenOCO()).length, 2);
        assert.strictEqual((await rest.getOCO({ orderListId: old.orderListId })).orders.length, 2);
        await rest.cancelOCO({ symbol: SYMBOL, orderListId: old.orderListId });
        await rest.cancelOCO({ symbol: SYMBOL, orderListId: young.orderListId });
        assert.strictEqual((await rest.getAllOpenOCO()).length, 0);
        assert.strictEqual((await rest.getAllOCO()).length, 2);
    },
    async tiagosiebler_reads_the_account() {
        const account = await rest.getAccountInformation();
        const usdt = account.balances.find((row) => row.asset === 'USDT');
        assert(Number(usdt.free) > 0 && Number(usdt.locked) >= 0);
        const trades = await rest.getAccountTradeList({ symbol: SYMBOL });
        const sum = trades.reduce((total, trade) => total + Number(trade.qty) * (trade.isBuyer ? 1 : -1) - (trade.commissionAsset === 'BTC' ? Number(trade.commission) : 0), 0);
        const btc = account.balances.find((row) => row.asset === 'BTC');
        same(Number(btc.free) + Number(btc.locked) - bitcoins, sum, 'bitcoins');
        assert.strictEqual((await rest.getCommissionRates({ symbol: SYMBOL })).standardCommission.taker, '0.00100000');
        assert((await rest.getOrderRateLimit()).length === 2);
        assert((await rest.getBalances()).some((coin) => coin.coin === 'USDT'));
        assert.strictEqual((await rest.getTradeFee({ symbol: SYMBOL }))[0].symbol, SYMBOL);
    },
    async tiagosiebler_hears_the_market() {
        const seen = new Set();
        const ws = new WebsocketClient(base, quiet);
        sockets.push(ws);
        ws.on('message', (event) => seen.add(Array.isArray(event) ? event[0].e + '[]' : event.e || (event.lastUpdateId ? 'depth5' : event.u ? 'best' : 'reply')));
        ws.on('exception', () => {});
        const low = SYMBOL.toLowerCase();
        const names = ['trade', 'aggTrade', 'depth@100ms', 'depth5@100ms', 'bookTicker', 'kline_1s', 'kline_3m', 'miniTicker', 'ticker', 'ticker_1h', 'avgPrice'];
        await ws.subscribe([...names.map((name) => `${low}@${name}`), '!miniTicker@arr', '!ticker@arr'], 'main');
        const wanted = ['trade', 'aggTrade', 'depthUpdate', 'depth5', 'best', 'kline', '24hrMiniTicker', '24hrTicker', '1hTicker', 'avgPrice', '24hrMiniTicker[]', '24hrTicker[]'];
        await until('every stream: ' + wanted, () => wanted.every((kind) => seen.has(kind)));
    },
    async tiagosiebler_trades_over_the_websocket_api() {
        const api = new WebsocketAPIClient({ ...keys, wsUrl: venue.api, attachEventListeners: false }, quiet);
        sockets.push(api.getWSClient());
        const order = { symbol: SYMBOL, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: 0.01, price: near(last, 0.9), timestamp: Date.now() };
        const events = [];
        api.getWSClient().on('message', (event) => events.push(event));
        await api.subscribeUserDataStream('mainWSAPI');
        const placed = (await api.submitNewSpotOrder(order)).result;
        assert.strictEqual((await api.getSpotOrderStatus({ symbol: SYMBOL, orderId: placed.orderId, timestamp: Date.now() })).result.status, 'NEW');
        await api.cancelSpotOrder({ symbol: SYMBOL, orderId: placed.orderId, timestamp: Date.now() });
        const report = (kind) => events.find((e) => JSON.stringify(e).includes(`"x":"${kind}"`));
        await until('reports of both', () => report('NEW') && report('CANCELED'));
        assert((await api.getSpotAccountInformation({ timestamp: Date.now() })).result.balances.length > 0);
        const failed = await fails(api.cancelSpotOrder({ symbol: SYMBOL, orderId: placed.orderId, timestamp: Date.now() }));
        assert.strictEqual(failed.error.code, -2011);
    },
}, async () => { for (const socket of sockets) socket.closeAll(true); });
