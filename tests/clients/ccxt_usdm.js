// SPDX-License-Identifier: GPL-3.0-or-later
// ccxt on the perpetuals: "binanceusdm", and its "pro" half for streams.
'use strict';
const { assert, venue, client, until, fails, same, run } = require('./kit.js');
const ccxt = client('ccxt');

const PAIR = 'BTC/USDT:USDT';
const settings = { apiKey: venue.key, secret: venue.secret, options: { fetchCurrencies: false } };
function open(Class) {
    const exchange = new Class(settings);
    const fapi = venue.usdm_rest + '/fapi/';
    Object.assign(exchange.urls.api, {
        fapiPublic: fapi + 'v1', fapiPrivate: fapi + 'v1', fapiPublicV2: fapi + 'v2', fapiPrivateV2: fapi + 'v2',
        fapiPublicV3: fapi + 'v3', fapiPrivateV3: fapi + 'v3', public: venue.rest + '/api/v3', private: venue.rest + '/api/v3' });
    if (exchange.urls.api.ws)
        Object.assign(exchange.urls.api.ws, { future: venue.usdm_stream + '/ws', 'ws-api': { future: venue.usdm_api } });
    return exchange;
}
const binance = open(ccxt.binanceusdm), pro = open(ccxt.pro.binanceusdm);
let last;

run({
    async ccxt_loads_the_perpetuals() {
        const market = (await binance.loadMarkets())[PAIR];
        assert(market.active && market.swap && market.linear && market.settle === 'USDT');
        assert(market.precision.price > 0 && market.limits.cost.min > 0);
        await pro.loadHttpProxyAgent();
        await pro.loadMarkets();
    },
    async ccxt_reads_the_market_of_perpetuals() {
        const book = await binance.fetchOrderBook(PAIR, 20);
        assert(book.bids.length >= 5 && book.bids[0][0] < book.asks[0][0]);
        assert(Array.isArray(await binance.fetchTrades(PAIR, undefined, 10)));
        assert((await binance.fetchOHLCV(PAIR, '1m', undefined, 50)).length > 0);
        const ticker = await binance.fetchTicker(PAIR);
        last = ticker.last;
        assert(last > 0 && ticker.high >= ticker.low);
        assert(Object.keys(await binance.fetchTickers()).length > 1);
        const funding = await binance.fetchFundingRate(PAIR);
        assert(Math.abs(funding.markPrice / last - 1) < 0.02 && Math.abs(funding.fundingRate) <= 0.003);
        assert(Object.keys(await binance.fetchFundingRates()).length > 1);
        assert(Array.isArray(await binance.fetchFundingRateHistory(PAIR)));
        const tiers = await binance.fetchLeverageTiers([PAIR]);
        assert(tiers[PAIR][0].maxLeverage === 125);
        assert((await binance.fetchTradingFee(PAIR)).taker === 0.0005);
    },
    async ccxt_opens_reduces_and_closes_a_position() {
        assert((await binance.fetchBalance()).USDT.free > 0);
        await binance.setLeverage(10, PAIR);
        await binance.setMarginMode('isolated', PAIR);
        const bought = await binance.createOrder(PAIR, 'market', 'buy', 0.02);
        assert.strictEqual(bought.status, 'closed');
        let position = (await binance.fetchPositions([PAIR]))[0];
        same(position.contracts, 0.02, 'contracts');
        assert(position.side === 'long' && position.marginMode === 'isolated' && position.liquidationPrice > 0);
        await binance.addMargin(PAIR, 10);
        await binance.createOrder(PAIR, 'market', 'sell', 0.01, undefined, { reduceOnly: true });
        position = (await binance.fetchPositions([PAIR]))[0];
        same(position.contracts, 0.01, 'contracts left');
        await binance.createOrder(PAIR, 'market', 'sell', 0.05, undefined, { reduceOnly: true });
        assert((await binance.fetchPositions([PAIR])).every((row) => row.contracts === 0));
        const trades = await binance.fetchMyTrades(PAIR);
        assert(trades.length >= 3 && trades.every((trade) => trade.fee.cost > 0));
        assert((await binance.fetchLedger('USDT')).some((row) => row.info.incomeType === 'COMMISSION'));
        await binance.setMarginMode('cross', PAIR);
    },
    async ccxt_places_edits_and_cancels_orders() {
        const order = await binance.createOrder(PAIR, 'limit', 'buy', 0.01, last * 0.95, { postOnly: true });
        const edited = await binance.editOrder(order.id, PAIR, 'limit', 'buy', 0.02, last * 0.94);
        same(edited.amount, 0.02, 'amount');
        assert.strictEqual(edited.id, order.id);
        assert.strictEqual((await binance.fetchOpenOrders(PAIR)).length, 1);
        const several = await binance.createOrders([
            { symbol: PAIR, type: 'limit', side: 'buy', amount: 0.01, price: last * 0.9 },
            { symbol: PAIR, type: 'limit', side: 'buy', amount: 0.01, price: last * 0.91 }]);
        assert.strictEqual(several.length, 2);
        await binance.cancelOrders([several[0].id], PAIR);
        await binance.cancelAllOrders(PAIR);
        assert.strictEqual((await binance.fetchOrder(order.id, PAIR)).status, 'canceled');
        assert((await binance.fetchOrders(PAIR)).length >= 3);
    },
    async ccxt_protects_a_position_with_conditional_orders() {
        await binance.createOrder(PAIR, 'market', 'buy', 0.01);
        const stop = await binance.createOrder(PAIR, 'market', 'sell', 0.01, undefined, { stopLossPrice: last * 0.9, reduceOnly: true });
        const target = await binance.createOrder(PAIR, 'market', 'sell', 0.01, undefined, { takeProfitPrice: last * 1.1, reduceOnly: true });
        const trailing = await binance.createOrder(PAIR, 'market', 'sell', 0.01, undefined, { trailingPercent: 2, reduceOnly: true });
        const open_ones = await binance.fetchOpenOrders(PAIR, undefined, undefined, { trigger: true });
        assert.deepStrictEqual(open_ones.map((row) => row.id).sort(), [stop, target, trailing].map((row) => row.id).sort());
        assert.strictEqual((await binance.fetchOrder(stop.id, PAIR, { trigger: true })).status, 'open');
        await binance.cancelOrder(stop.id, PAIR, { trigger: true });
        await binance.cancelAllOrders(PAIR, { trigger: true });
        assert.strictEqual((await binance.fetchOpenOrders(PAIR, undefined, undefined, { trigger: true })).length, 0);
        await binance.createOrder(PAIR, 'market', 'sell', 0.01, undefined, { reduceOnly: true });
    },
    async ccxt_knows_the_refusals_of_perpetuals() {
        // It tells which table of errors to use by the name of Binance's host: here the codes count.
        const refused = [
            [() => binance.createOrder(PAIR, 'limit', 'buy', 60, last * 0.95), -2019],
            [() => binance.createOrder(PAIR, 'market', 'sell', 0.01, undefined, { reduceOnly: true }), -2022],
            [() => binance.createOrder(PAIR, 'limit', 'buy', 0.01, last * 1.05, { postOnly: true }), -5022],
            [() => binance.createOrder(PAIR, 'limit', 'buy', 0.01, last * 0.95, { timeInForce: 'FOK' }), -5021],
            [() => binance.cancelOrder('999999999', PAIR), -2011],
            [() => binance.fetchOrder('999999999', PAIR), -2013],
        ];
        for (const [place, code] of refused) {
            const error = await fails(place);
            assert(error instanceof ccxt.BaseError && error.message.includes(`"code":${code},`), error.message);
        }
    },
    async ccxt_watches_the_perpetuals() {
        const book = await pro.watchOrderBook(PAIR);
        assert(book.bids.length > 0 && book.bids[0][0] < book.asks[0][0]);
        for (let i = 0; i < 5; i++) await pro.watchOrderBook(PAIR); // pu is checked with each
        assert((await pro.watchTicker(PAIR)).last > 0);
        assert((await pro.watchTrades(PAIR)).length > 0);
        assert((await pro.watchOHLCV(PAIR, '1m')).length > 0);
        assert((await pro.watchMarkPrice(PAIR)).markPrice > 0);
        assert(Object.keys(await pro.watchBidsAsks([PAIR])).length > 0);
    },
    async ccxt_watches_its_orders_and_positions() {
        const orders = pro.watchOrders(PAIR), positions = pro.watchPositions([PAIR]);
        await until('the streams', () => Object.values(pro.clients).some((socket) => socket.url.includes('listenKey') && socket.connection && socket.connection.readyState === 1));
        const order = await pro.createOrder(PAIR, 'market', 'buy', 0.01);
        assert.strictEqual((await orders)[0].id, order.id);
        same((await positions)[0].contracts, 0.01, 'contracts');
        await pro.createOrder(PAIR, 'market', 'sell', 0.01, undefined, { reduceOnly: true });
    },
    async ccxt_trades_perpetuals_over_the_websocket_api() {
        const order = await pro.createOrderWs(PAIR, 'limit', 'buy', 0.01, last * 0.95);
        assert.strictEqual(order.status, 'open');
        await pro.cancelOrderWs(order.id, PAIR);
        assert((await pro.fetchBalanceWs()).USDT.free > 0);
    },
}, async () => { await pro.close(); });
