// SPDX-License-Identifier: GPL-3.0-or-later
// The two clients that Binance itself publishes: @binance/connector (plain) and @binance/spot (modular).
'use strict';
const { assert, venue, client, until, near, fails, same, run, SYMBOL } = require('./kit.js');
const { Spot, WebsocketStream, WebsocketAPI } = client('@binance/connector');
const modular = client('@binance/spot');

const rest = new Spot(venue.key, venue.secret, { baseURL: venue.rest });
const quiet = { info() {}, error() {}, warn() {}, log() {}, debug() {} };
const low = SYMBOL.toLowerCase();
let last;

/** A stream client whose messages are kept. */
function listen(options) {
    const heard = [];
    const callbacks = { message: (text) => heard.push(JSON.parse(text)) };
    const stream = new WebsocketStream({ logger: quiet, wsURL: venue.stream, callbacks, ...options });
    return { stream, heard };
}

/** A client of the WebSocket API: ask(id, ...) gives the answer to that id. */
async function open_api() {
    const heard = [];
    let is_open = false;
    const api = new WebsocketAPI(venue.key, venue.secret, {
        logger: quiet, wsURL: venue.api,
        callbacks: { open: () => { is_open = true; }, message: (text) => heard.push(JSON.parse(text)) } });
    await until('the connection', () => is_open);
    return { api, heard, answer: (id) => until('answer ' + id, () => heard.find((message) => message.id === id)) };
}

/** Calls with this program's clock wrong by so many milliseconds. */
function with_clock(off_ms, call) {
    const right = Date.now;
    Date.now = () => right() + off_ms;
    try {
        return call();
    } finally {
        Date.now = right;
    }
}

run({
    async connector_reads_the_market() {
        assert.deepStrictEqual((await rest.ping()).data, {});
        assert(Math.abs((await rest.time()).data.serverTime - Date.now()) < 60000);
        const answer = await rest.exchangeInfo({ symbols: [SYMBOL, 'ETHUSDT'] });
        assert.strictEqual(answer.data.symbols.length, 2);
        assert(Number(answer.headers['x-mbx-used-weight-1m']) >= 20);
        assert((await rest.depth(SYMBOL, { limit: 5 })).data.bids.length > 0);
        assert(Array.isArray((await rest.trades(SYMBOL)).data));
        assert(Array.isArray((await rest.historicalTrades(SYMBOL)).data));
        assert(Array.isArray((await rest.aggTrades(SYMBOL)).data));
        assert((await rest.klines(SYMBOL, '1m', { limit: 3 })).data.length === 3);
        last = (await rest.avgPrice(SYMBOL)).data.price;
        assert((await rest.ticker24hr(SYMBOL)).data.count > 0);
        assert((await rest.tickerPrice()).data.length > 1);
        assert((await rest.bookTicker(SYMBOL)).data.askPrice > 0);
    },
    async connector_trades_and_reads_what_came_of_it() {
        const bought = (await rest.newOrder(SYMBOL, 'BUY', 'MARKET', { quantity: 0.02 })).data;
        assert.strictEqual(bought.status, 'FILLED');
        const order = (await rest.newOrder(SYMBOL, 'BUY', 'LIMIT', { quantity: 0.01, price: near(last, 0.9), timeInForce: 'GTC', newClientOrderId: 'mine-1' })).data;
        assert.strictEqual(order.clientOrderId, 'mine-1');
        const twice = await fails(rest.newOrder(SYMBOL, 'BUY', 'LIMIT', { quantity: 0.01, price: near(last, 0.9), timeInForce: 'GTC', newClientOrderId: 'mine-1' }));
        assert.deepStrictEqual([twice.response.status, twice.response.data.code], [400, -2010]);
        assert.deepStrictEqual((await rest.newOrderTest(SYMBOL, 'SELL', 'MARKET', { quantity: 0.01 })).data, {});
        assert.strictEqual((await rest.getOrder(SYMBOL, { origClientOrderId: 'mine-1' })).data.orderId, order.orderId);
        assert.strictEqual((await rest.openOrders({ symbol: SYMBOL })).data.length, 1);
        assert.strictEqual((await rest.cancelOrder(SYMBOL, { orderId: order.orderId })).data.status, 'CANCELED');
        const oco = (await rest.newOCOOrder(SYMBOL, 'SELL', 0.01, 'LIMIT_MAKER', 'STOP_LOSS_LIMIT', {
            abovePrice: near(last, 1.1), belowStopPrice: near(last, 0.9), belowPrice: near(last, 0.89), belowTimeInForce: 'GTC' })).data;
        assert.strictEqual((await rest.cancelOpenOrders(SYMBOL)).data.length, 1);
        assert.strictEqual((await rest.getOCOOrder({ orderListId: oco.orderListId })).data.listOrderStatus, 'ALL_DONE');
        assert((await rest.account()).data.balances.length > 0);
        assert((await rest.myTrades(SYMBOL)).data.length >= 1);
        assert((await rest.allOrders(SYMBOL)).data.length >= 4);
    },
    async connector_meets_the_codes_that_clients_act_on() {
        const order = (more, side = 'BUY', type = 'LIMIT') => rest.newOrder(SYMBOL, side, type, { quantity: 0.01, price: near(last, 0.9), timeInForce: 'GTC', ...more });
        const stranger = new Spot(venue.key, 'x'.repeat(64), { baseURL: venue.rest });
        const nobody = new Spot('short', venue.secret, { baseURL: venue.rest });
        const other = new Spot('0'.repeat(64), venue.secret, { baseURL: venue.rest });
        const rows = [
            [() => order({ price: near(last, 0.9) + '.001' }), 400, -1013, /PRICE_FILTER/],
            [() => order({ quantity: '0.0000001' }), 400, -1013, /LOT_SIZE/],
            [() => order({ quantity: '0.00001' }), 400, -1013, /NOTIONAL/],
            [() => order({ price: near(last, 9) }), 400, -1013, /PERCENT_PRICE/],
            [() => with_clock(-60000, () => order({})), 400, -1021, /recvWindow/],
            [() => with_clock(60000, () => order({})), 400, -1021, /ahead/],
            [() => stranger.account(), 400, -1022, /Signature/],
            [() => rest.publicRequest('GET', '/api/v3/klines', { symbol: SYMBOL }), 400, -1102, /interval/],
            [() => order({}, 'BUY', 'LIMITED'), 400, -1116, /orderType/],
            [() => order({}, 'BOY'), 400, -1117, /side/],
            [() => rest.klines(SYMBOL, '7m'), 400, -1120, /interval/],
            [() => rest.depth('NOSUCH'), 400, -1121, /symbol/],
            [() => rest.renewListenKey('no-such-key'), 400, -1125, /listenKey/],
            [() => order({ quantity: 90 }), 400, -2010, /insufficient/],
            [() => rest.cancelOrder(SYMBOL, { orderId: 99999999 }), 400, -2011, /Unknown/],
            [() => rest.getOrder(SYMBOL, { orderId: 99999999 }), 400, -2013, /not exist/],
            [() => nobody.account(), 401, -2014, /format/],
            [() => other.account(), 401, -2015, /permissions/],
        ];
        for (const [promise, status, code, text] of rows) {
            const { response } = await fails(promise);
            assert(response, 'no answer where ' + code + ' was expected');
            assert.deepStrictEqual([response.status, response.data.code], [status, code], response.data.msg);
            assert.match(response.data.msg, text);
        }
    },
    async connector_hears_raw_streams_and_changes_them() {
        const { stream, heard } = listen({});
        stream.subscribe(`${low}@bookTicker`);
        await until('a best price', () => heard.some((event) => event.u && event.s === SYMBOL));
        stream.subscribe([`${low}@kline_1s`, `${low}@depth10@100ms`]);
        await until('a second', () => heard.some((event) => event.e === 'kline' && event.k.x));
        await until('levels', () => heard.some((event) => event.lastUpdateId && event.asks.length > 0));
        stream.unsubscribe(`${low}@bookTicker`);
        await until('answers', () => heard.filter((event) => event.result === null).length >= 2);
        stream.disconnect();
    },
    async connector_hears_combined_streams() {
        const { stream, heard } = listen({ combinedStreams: true });
        stream.subscribe([`${low}@trade`, '!ticker@arr', '!ticker_1h@arr', '!bookTicker']);
        const has = (name) => heard.some((event) => event.stream === name && event.data);
        for (const name of [`${low}@trade`, '!ticker@arr', '!ticker_1h@arr', '!bookTicker']) await until(name, () => has(name));
        stream.disconnect();
    },
    async connector_hears_its_orders_by_listen_key() {
        const { listenKey } = (await rest.createListenKey()).data;
        const { stream, heard } = listen({});
        stream.userData(listenKey);
        await until('the connection', () => stream.wsConnection && stream.wsConnection.ws && stream.wsConnection.ws.readyState === 1);
        await rest.newOrder(SYMBOL, 'BUY', 'MARKET', { quoteOrderQty: 50 });
        for (const kind of ['NEW', 'TRADE']) await until(kind, () => heard.some((event) => event.e === 'executionReport' && event.x === kind));
        await until('balances', () => heard.some((event) => event.e === 'outboundAccountPosition' && event.B.some((row) => row.a === 'USDT')));
        assert.deepStrictEqual((await rest.renewListenKey(listenKey)).data, {});
        assert.deepStrictEqual((await rest.closeListenKey(listenKey)).data, {});
        await until('the end', () => heard.some((event) => event.e === 'listenKeyExpired'));
        stream.disconnect();
    },
    async connector_speaks_the_websocket_api_and_gets_its_ids_back() {
        const { api, answer } = await open_api();
        const order = { price: near(last, 0.9), quantity: 0.01, timeInForce: 'GTC' };
        api.newOrder(SYMBOL, 'BUY', 'LIMIT', { ...order, id: 'text-1' });
        const placed = await answer('text-1');
        assert.strictEqual(placed.status, 200, JSON.stringify(placed));
        api.getOrder(SYMBOL, { orderId: placed.result.orderId, id: 17 });
        assert.strictEqual((await answer(17)).result.status, 'NEW');
        api.cancelOrder(SYMBOL, { orderId: placed.result.orderId, id: 18 });
        assert.strictEqual((await answer(18)).result.status, 'CANCELED');
        api.account({ id: 'account' });
        assert((await answer('account')).result.balances.length > 0);
        api.exchangeInfo({ symbol: SYMBOL, id: 'info' });
        assert.strictEqual((await answer('info')).result.symbols.length, 1);
        api.cancelOrder(SYMBOL, { orderId: 99999999, id: 'none' });
        const refused = await answer('none');
        assert.deepStrictEqual([refused.status, refused.error.code], [400, -2011]);
        api.disconnect();
    },
    async modular_reads_trades_and_listens() {
        const spot = new modular.Spot({
            configurationRestAPI: { apiKey: venue.key, apiSecret: venue.secret, basePath: venue.rest },
            configurationWebsocketAPI: { apiKey: venue.key, apiSecret: venue.secret, wsURL: venue.api },
            configurationWebsocketStreams: { wsURL: venue.stream } });
        const depth = await (await spot.restAPI.depth({ symbol: SYMBOL, limit: 5 })).data();
        assert(depth.bids.length > 0);
        const order = { symbol: SYMBOL, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: 0.01, price: Number(near(last, 0.9)) };
        const placed = await (await spot.restAPI.newOrder(order)).data();
        const cancelled = await (await spot.restAPI.deleteOrder({ symbol: SYMBOL, orderId: placed.orderId })).data();
        assert.strictEqual(cancelled.status, 'CANCELED');
        const streams = await spot.websocketStreams.connect();
        let trades = 0;
        streams.trade({ symbol: low }).on('message', () => { trades++; });
        await until('trades', () => trades > 0);
        await streams.disconnect();
        const api = await spot.websocketAPI.connect();
        const events = [];
        const user = await api.userDataStreamSubscribeSignature();
        user.stream.on('message', (event) => events.push(event));
        const over = await api.orderPlace(order);
        await api.orderCancel({ symbol: SYMBOL, orderId: over.data.orderId });
        await until('both reports', () => events.filter((event) => event.e === 'executionReport').length >= 2);
        await api.disconnect();
    },
    async connector_is_slowed_down_and_then_banned() { // last: nobody is served after it
        const answers = [];
        for (let i = 0; i < 60 && !answers.includes(418); i++) {
            const { response } = await rest.depth(SYMBOL, { limit: 5000 }).catch((error) => error).then((it) => ({ response: it.response || it }));
            answers.push(response.status);
            if (response.status === 200) continue;
            assert.strictEqual(response.data.code, -1003);
            assert(Number(response.headers['retry-after']) > 0, 'Retry-After');
            if (response.status === 429) assert(Number(response.headers['x-mbx-used-weight-1m']) > 6000);
        }
        const first = (status) => answers.indexOf(status);
        assert(first(200) === 0 && first(429) > 0 && first(418) > first(429), String(answers));
    },
});
