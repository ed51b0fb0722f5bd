// SPDX-License-Identifier: GPL-3.0-or-later
// "binance" of tiagosiebler on the perpetuals: REST and, by listen key and names, streams.
'use strict';
const { assert, venue, client, until, near, fails, same, run, SYMBOL } = require('./kit.js');
const { USDMClient, WebsocketClient } = client('binance');

const quiet = { trace() {}, info() {}, error() {} };
const keys = { api_key: venue.key, api_secret: venue.secret, beautify: true };
const rest = new USDMClient({ ...keys, baseUrl: venue.usdm_rest });
const sockets = [];
let last;

run({
    async tiagosiebler_reads_the_market_of_perpetuals() {
        assert.deepStrictEqual(await rest.testConnectivity(), {});
        const info = await rest.getExchangeInfo();
        const rules = info.symbols.find((row) => row.symbol === SYMBOL);
        assert(rules.contractType === 'PERPETUAL' && rules.filters.some((filter) => filter.filterType === 'MIN_NOTIONAL'));
        assert.strictEqual((await rest.getOrderBook({ symbol: SYMBOL, limit: 5 })).bids.length, 5);
        await until('trades', async () => (await rest.getRecentTrades({ symbol: SYMBOL })).length > 3);
        assert((await rest.getAggregateTrades({ symbol: SYMBOL, limit: 3 })).length === 3);
        assert((await rest.getKlines({ symbol: SYMBOL, interval: '5m', limit: 3 })).length === 3);
        const mark = await rest.getMarkPrice({ symbol: SYMBOL });
        assert(Number(mark.markPrice) > 0 && Number(mark.nextFundingTime) % 28800000 === 0);
        last = Number((await rest.getSymbolPriceTicker({ symbol: SYMBOL })).price);
        assert(Math.abs(Number(mark.indexPrice) / last - 1) < 0.02);
        assert((await rest.get24hrChangeStatistics({ symbol: SYMBOL })).symbol === SYMBOL);
        assert((await rest.getSymbolOrderBookTicker()).length > 1);
    },
    async tiagosiebler_trades_perpetuals() {
        const common = { symbol: SYMBOL, side: 'BUY' };
        await rest.setLeverage({ symbol: SYMBOL, leverage: 20 });
        assert.strictEqual((await fails(rest.setMarginType({ symbol: SYMBOL, marginType: 'CROSSED' }))).code, -4046);
        const bought = await rest.submitNewOrder({ ...common, type: 'MARKET', quantity: 0.02, newOrderRespType: 'RESULT' });
        assert.strictEqual(bought.status, 'FILLED');
        const position = (await rest.getPositions({ symbol: SYMBOL }))[0];
        same(position.positionAmt, 0.02, 'position');
        same(position.entryPrice, bought.avgPrice, 'entry');
        const old = await fails(rest.submitNewOrder({ ...common, side: 'SELL', type: 'STOP_MARKET', stopPrice: near(last, 0.9), closePosition: 'true' }));
        assert.strictEqual(old.code, -4120);
        const stop = await rest.submitNewAlgoOrder({ ...common, algoType: 'CONDITIONAL', side: 'SELL', type: 'STOP_MARKET', triggerPrice: near(last, 0.9), closePosition: 'true', workingType: 'MARK_PRICE' });
        assert.strictEqual(stop.algoStatus, 'NEW');
        assert.strictEqual((await rest.getOpenAlgoOrders({ symbol: SYMBOL }))[0].algoId, stop.algoId);
        const limit = await rest.submitNewOrder({ ...common, type: 'LIMIT', timeInForce: 'GTC', quantity: 0.01, price: near(last, 0.95) });
        const moved = await rest.modifyOrder({ ...common, orderId: limit.orderId, quantity: 0.02, price: near(last, 0.94) });
        same(moved.origQty, 0.02, 'quantity');
        assert.strictEqual((await rest.getAllOpenOrders({ symbol: SYMBOL })).length, 1);
        assert.strictEqual((await rest.getCurrentOpenOrder({ symbol: SYMBOL, orderId: limit.orderId })).status, 'NEW');
        await rest.submitNewOrder({ ...common, side: 'SELL', type: 'MARKET', quantity: 0.02, reduceOnly: 'true' });
        assert.strictEqual((await rest.getAlgoOrder({ algoId: stop.algoId })).algoStatus, 'EXPIRED');
        const several = await rest.submitMultipleOrders([
            { ...common, type: 'LIMIT', timeInForce: 'GTC', quantity: '0.01', price: near(last, 0.93) }, { ...common, type: 'LIMIT', timeInForce: 'GTC', quantity: '0', price: near(last, 0.93) }]);
        assert(several[0].orderId > 0 && several[1].code < 0);
        assert.strictEqual((await rest.cancelMultipleOrders({ symbol: SYMBOL, orderIdList: [several[0].orderId] }))[0].status, 'CANCELED');
        assert.strictEqual((await rest.cancelAllOpenOrders({ symbol: SYMBOL })).code, 200);
        assert((await rest.getAllOrders({ symbol: SYMBOL })).length >= 4);
    },
    async tiagosiebler_reads_the_account_of_perpetuals() {
        const account = await rest.getAccountInformation();
        assert(Number(account.totalWalletBalance) > 0 && account.positions.length > 1);
        assert((await rest.getBalance())[0].asset === 'USDT');
        assert((await rest.getAccountTrades({ symbol: SYMBOL })).length >= 2);
        const incomes = await rest.getIncomeHistory({ symbol: SYMBOL });
        assert(incomes.some((row) => row.incomeType === 'COMMISSION'));
        assert.strictEqual((await rest.getCurrentPositionMode()).dualSidePosition, false);
        assert.strictEqual((await rest.getAccountCommissionRate({ symbol: SYMBOL })).takerCommissionRate, '0.000500');
        assert((await rest.getNotionalAndLeverageBrackets({ symbol: SYMBOL }))[0].brackets.length > 3);
    },
    async tiagosiebler_is_saved_by_the_countdown() {
        const order = await rest.submitNewOrder({ symbol: SYMBOL, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: 0.01, price: near(last, 0.95) });
        await rest.setCancelOrdersOnTimeout({ symbol: SYMBOL, countdownTime: 500 });
        await until('the cancel', async () => (await rest.getOrder({ symbol: SYMBOL, orderId: order.orderId })).status === 'CANCELED');
    },
    async tiagosiebler_hears_the_perpetuals() {
        const { listenKey } = await rest.getFuturesUserDataListenKey();
        await rest.keepAliveFuturesUserDataListenKey();
        const seen = new Set(), events = [];
        const ws = new WebsocketClient({ ...keys, wsUrl: venue.usdm_stream + '/ws' }, quiet);
        sockets.push(ws);
        ws.on('message', (event) => { seen.add(Array.isArray(event) ? event[0].e + '[]' : event.e); events.push(event); });
        ws.on('exception', () => {});
        const low = SYMBOL.toLowerCase();
        const names = ['trade', 'aggTrade', 'depth@100ms', 'depth5@100ms', 'bookTicker', 'kline_1m', 'miniTicker', 'ticker', 'markPrice@1s'];
        await ws.subscribe([...names.map((name) => `${low}@${name}`), '!miniTicker@arr', '!markPrice@arr@1s', listenKey], 'usdmMarket');
        const wanted = ['trade', 'aggTrade', 'depthUpdate', 'bookTicker', 'kline', '24hrMiniTicker', '24hrTicker', 'markPriceUpdate', '24hrMiniTicker[]', 'markPriceUpdate[]'];
        await until('every stream: ' + wanted, () => wanted.every((kind) => seen.has(kind)));
        await rest.submitNewOrder({ symbol: SYMBOL, side: 'BUY', type: 'MARKET', quantity: 0.01 });
        await until('the fill', () => seen.has('ORDER_TRADE_UPDATE') && seen.has('ACCOUNT_UPDATE'));
        const update = events.find((event) => event.e === 'ACCOUNT_UPDATE');
        same(update.a.P[0].pa, 0.01, 'position');
        await rest.submitNewOrder({ symbol: SYMBOL, side: 'SELL', type: 'MARKET', quantity: 0.01, reduceOnly: 'true' });
        const filled = () => events.filter((event) => event.e === 'ORDER_TRADE_UPDATE' && event.o.X === 'FILLED');
        await until('both fills', () => filled().length === 2);
    },
}, async () => { for (const socket of sockets) socket.closeAll(true); });
