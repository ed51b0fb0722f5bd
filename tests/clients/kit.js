// SPDX-License-Identifier: GPL-3.0-or-later
// What the scripts of all clients share: where the exchange is, the clients' own packages, cases and their
// answers as lines "ok - NAME" and "not ok - NAME" that test_clients.py numbers.
'use strict';
const assert = require('assert');
const { createRequire } = require('module');
const { inspect } = require('util');

const venue = {
    rest: process.env.QT_REST, stream: process.env.QT_STREAM, api: process.env.QT_API,
    usdm_rest: process.env.QT_USDM_REST, usdm_stream: process.env.QT_USDM_STREAM, usdm_api: process.env.QT_USDM_API,
    key: process.env.QT_KEY, secret: process.env.QT_SECRET,
};
const PATIENCE_MS = 90000;
const SYMBOL = 'BTCUSDT';

/** A package of the folder that the test has installed. */
const client = createRequire(process.env.QT_PACKAGES + '/');

/** Waits until look() gives something true; its value. */
async function until(what, look) {
    const end = Date.now() + PATIENCE_MS;
    while (Date.now() < end) {
        const value = await look();
        if (value) return value;
        await new Promise((resume) => setTimeout(resume, 20));
    }
    throw new Error('never came: ' + what);
}

/** A price near px times factor, in whole units of the quote asset: any tick divides them. */
const near = (px, factor) => String(Math.round(Number(px) * factor));

/** The promise (or what makes it) must fail; its failure. */
async function fails(promise) {
    let value;
    try {
        value = await (typeof promise === 'function' ? promise() : promise);
    } catch (error) {
        return error;
    }
    throw new Error('was not refused: ' + inspect(value, { depth: 3 }));
}

/** Equal as numbers within a hundred-millionth. */
function same(a, b, what) {
    assert(Math.abs(Number(a) - Number(b)) < 1e-8, `${what}: ${a} is not ${b}`);
}

/** Runs the functions of an object in order; their names are the sentences. */
async function run(cases, end) {
    let failed = 0;
    for (const [name, body] of Object.entries(cases)) {
        const only = process.env.CK_RUN_CASE;
        if (only && !name.includes(only)) continue;
        try {
            await body();
            console.log(`ok - ${name}`);
        } catch (error) {
            failed++;
            console.log(`not ok - ${name}`);
            const text = error && error.stack ? error.stack : inspect(error, { depth: 4 });
            const answer = error && (error.body || (error.response && error.response.data));
            for (const line of (text + (answer ? '\n' + JSON.stringify(answer) : '')).split('\n')) console.log(`# ${line}`);
        }
    }
    if (end) await end();
    process.exit(failed ? 1 : 0);
}

process.on('unhandledRejection', (error) => {
    console.log('not ok - nothing is left to fall\n# ' + (error && error.stack ? error.stack : inspect(error)));
    process.exit(1);
});

module.exports = { assert, venue, client, until, near, fails, same, run, SYMBOL };
