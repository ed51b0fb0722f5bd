// SPDX-License-Identifier: GPL-3.0-or-later
// What Binance itself publishes for USD-M futures: @binance/derivatives-trading-usds-futures.
'use strict';
const { assert, venue, client, until, near, fails, same, run, SYMBOL } = require('./kit.js');
const { DerivativesTradingUsdsFutures } = client('@binance/derivatives-trading-usds-futures');

const keys = { apiKey: venue.key, apiSecret: venue.secret };
const futures = new DerivativesTradingUsdsFutures({
    configurationRestAPI: { ...keys, basePath: venue.usdm_rest },
    configurationWebsocketAPI: { ...keys, wsURL: venue.usdm_api },
    configurationWebsocketStreams: { wsURL: venue.usdm_stream },
});
const rest = futures.restAPI;
const data = async (promise) => (await promise).data();
const order = { symbol: SYMBOL, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: 0.01 };
let last;

run({
    async official_reads_the_market_of_perpetuals() {
        assert(Math.abs(Number((await data(rest.checkServerTime())).serverTime) - Date.now()) < 60000);
        assert((await data(rest.exchangeInformation())).symbols.length > 1);
        assert((await data(rest.orderBook({ symbol: SYMBOL, limit: 10 }))).bids.length > 0);
        assert((await data(rest.klineCandlestickData({ symbol: SYMBOL, interval: '1h', limit: 3 }))).length === 3);
        assert(Number((await data(rest.markPrice({ symbol: SYMBOL }))).markPrice) > 0);
        last = Number((await data(rest.symbolPriceTicker({ symbol: SYMBOL }))).price);
        assert((await data(rest.getFundingRateInfo())).length > 1);
    },
    async official_trades_perpetuals() {
        const placed = await data(rest.newOrder({ ...order, price: near(last, 0.95) }));
        assert.strictEqual(placed.status, 'NEW');
        const moved = await data(rest.modifyOrder({ symbol: SYMBOL, side: 'BUY', orderId: placed.orderId, quantity: 0.02, price: near(last, 0.94) }));
        same(moved.origQty, 0.02, 'quantity');
        assert.strictEqual((await data(rest.cancelOrder({ symbol: SYMBOL, orderId: placed.orderId }))).status, 'CANCELED');
        const bought = await data(rest.newOrder({ symbol: SYMBOL, side: 'BUY', type: 'MARKET', quantity: 0.01 }));
        assert.strictEqual(bought.status, 'FILLED');
        const algo = await data(rest.newAlgoOrder({ algoType: 'CONDITIONAL', symbol: SYMBOL, side: 'SELL', type: 'STOP_MARKET', triggerPrice: near(last, 0.9), closePosition: 'true' }));
        assert.strictEqual(algo.algoStatus, 'NEW');
        assert.strictEqual((await data(rest.currentAllAlgoOpenOrders())).length, 1);
        await data(rest.cancelAlgoOrder({ algoId: algo.algoId }));
        assert.strictEqual((await data(rest.positionInformationV3())).length, 1);
        await data(rest.newOrder({ symbol: SYMBOL, side: 'SELL', type: 'MARKET', quantity: 0.01, reduceOnly: 'true' }));
        assert.strictEqual((await data(rest.positionInformationV3())).length, 0);
        const error = await fails(rest.newOrder({ symbol: SYMBOL, side: 'SELL', type: 'MARKET', quantity: 0.01, reduceOnly: 'true' }));
        assert(String(error.message).includes('ReduceOnly'));
    },
    async official_reads_the_account_of_perpetuals() {
        assert(Number((await data(rest.accountInformationV3())).totalWalletBalance) > 0);
        assert.strictEqual((await data(rest.futuresAccountBalanceV3()))[0].asset, 'USDT');
        assert((await data(rest.accountTradeList({ symbol: SYMBOL }))).length >= 2);
        assert((await data(rest.getIncomeHistory({}))).length >= 2);
        await data(rest.changeInitialLeverage({ symbol: SYMBOL, leverage: 5 }));
        assert.strictEqual(Number((await data(rest.symbolConfiguration({ symbol: SYMBOL })))[0].leverage), 5);
    },
    async official_hears_the_perpetuals() {
        const { listenKey } = await data(rest.startUserDataStream());
        const connection = await futures.websocketStreams.connect();
        const heard = { mark: 0, depth: 0, user: [] };
        connection.markPriceStream({ symbol: SYMBOL.toLowerCase(), updateSpeed: '1s' }).on('message', () => heard.mark++);
        connection.diffBookDepthStreams({ symbol: SYMBOL.toLowerCase(), updateSpeed: '100ms' }).on('message', () => heard.depth++);
        connection.userData(listenKey).on('message', (event) => heard.user.push(event));
        await until('marks and depth', () => heard.mark > 1 && heard.depth > 2);
        await data(rest.newOrder({ ...order, price: near(last, 0.95) }));
        await until('the order', () => heard.user.some((event) => JSON.stringify(event).includes('ORDER_TRADE_UPDATE')));
        await data(rest.cancelAllOpenOrders({ symbol: SYMBOL }));
        await connection.disconnect();
    },
    async official_trades_perpetuals_over_the_websocket_api() {
        const connection = await futures.websocketAPI.connect();
        const placed = (await connection.newOrder({ ...order, price: near(last, 0.95) })).data;
        assert.strictEqual(placed.status, 'NEW');
        assert.strictEqual((await connection.cancelOrder({ symbol: SYMBOL, orderId: placed.orderId })).data.status, 'CANCELED');
        assert((await connection.futuresAccountBalanceV2()).data.length === 1);
        await connection.disconnect();
    },
});
