// SPDX-License-Identifier: GPL-3.0-or-later
//
// Writes the golden files of tests/indicator beside itself:
//
//   NAME-bars.csv    open_time_ms,open,high,low,close,volume of a generated market
//   NAME-talib.csv   TA-Lib's answers; NAME-signals.csv  trading-signals' and plain definitions'
//
// Columns carry qtrade's names; an empty field means: no value yet. Numbers are the shortest that round-trip.
//
//   mkdir scratch && cd scratch && npm install talib@1.1.6 trading-signals@8.3.0
//   NODE_PATH=$PWD/node_modules node .../tests/golden/indicator/generate.js [FOLDER]
//
// With FOLDER (the recorded market data, klines/binance-spot-2024h1-1h) also recorded-SYMBOL.csv: TA-Lib over a symbol's
// whole half year, every 97th bar kept; column "bar" counts from 0.
//
// talib 1.1.6 builds TA-Lib's C sources with node-gyp (on Debian: npm_config_nodedir=/usr npm install ...).
// The market is a walk of a 32-bit generator in whole ticks of 1/16, so that no price is rounded and comparisons
// are exact; volumes are whole. The same script gives the same bytes.
'use strict';
const fs = require('fs');
const path = require('path');
const talib = require('talib');

const HOUR_MS = 3600000, START_MS = Date.UTC(2024, 3, 13, 20);

function generator(seed) {                       // mulberry32
  let s = seed >>> 0;
  return n => {
    s = (s + 0x6d2b79f5) >>> 0;
    let t = Math.imul(s ^ (s >>> 15), 1 | s);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

// A walk whose step changes between calm and wild; stillEvery > 0: now and then bars that do not move or trade.
function walk(seed, count, step, stillEvery) {
  const random = generator(seed), bars = [];
  let close = 1600 * 16, still = 0;
  for (let i = 0; i < count; i++) {
    if (stillEvery && still === 0 && random(stillEvery) === 0) still = 1 + random(12);
    const width = Math.floor(i / 40) % 2 ? step * 3 : step, open = close;
    if (still > 0) {
      still--;
      bars.push({ open, high: open, low: open, close, volume: random(2) ? 0 : 1 + random(50) });
      continue;
    }
    close = Math.max(64, open + random(2 * width + 1) - width);
    const high = Math.max(open, close) + random(width + 1);
    const low = Math.max(16, Math.min(open, close) - random(width + 1));
    bars.push({ open, high, low, close, volume: random(9) === 0 ? 0 : 1 + random(100000) });
  }
  return bars;
}

const markets = {
  walk: walk(20240413, 220, 40, 0),
  ties: walk(7, 180, 2, 12),
  flat: walk(1, 70, 0, 0).map(b => ({ ...b, volume: 0 })),
};

function scaled(bars) {
  return bars.map((b, i) => ({
    time: START_MS + i * HOUR_MS, open: b.open / 16, high: b.high / 16, low: b.low / 16, close: b.close / 16,
    volume: b.volume,
  }));
}

// column(s) <- TA-Lib function with its options; outputs in the order of the columns.
const rows = [
  ...[2, 5, 20].map(n => ['SMA', { optInTimePeriod: n }, { [`sma_${n}`]: 'outReal' }]),
  ...[2, 12, 20].map(n => ['EMA', { optInTimePeriod: n }, { [`ema_${n}`]: 'outReal' }]),
  ...[2, 20].map(n => ['WMA', { optInTimePeriod: n }, { [`wma_${n}`]: 'outReal' }]),
  ...[5, 20].map(n => ['DEMA', { optInTimePeriod: n }, { [`dema_${n}`]: 'outReal' }]),
  ...[5, 20].map(n => ['TEMA', { optInTimePeriod: n }, { [`tema_${n}`]: 'outReal' }]),
  ['T3', { optInTimePeriod: 5, optInVFactor: 0.7 }, { 't3_5_0.7': 'outReal' }],
  ['T3', { optInTimePeriod: 9, optInVFactor: 0.3 }, { 't3_9_0.3': 'outReal' }],
  ...[2, 10, 30].map(n => ['KAMA', { optInTimePeriod: n }, { [`kama_${n}`]: 'outReal' }]),
  ...[2, 14].map(n => ['RSI', { optInTimePeriod: n }, { [`rsi_${n}`]: 'outReal' }]),
  ['STOCHRSI', { optInTimePeriod: 14, optInFastK_Period: 14, optInFastD_Period: 3, optInFastD_MAType: 0 },
    { stochrsi_14_14_3_fastk: 'outFastK', stochrsi_14_14_3_fastd: 'outFastD' }],
  ['STOCH', { optInFastK_Period: 14, optInSlowK_Period: 3, optInSlowK_MAType: 0, optInSlowD_Period: 3, optInSlowD_MAType: 0 },
    { stoch_14_3_3_k: 'outSlowK', stoch_14_3_3_d: 'outSlowD' }],
  ['STOCH', { optInFastK_Period: 5, optInSlowK_Period: 1, optInSlowK_MAType: 0, optInSlowD_Period: 4, optInSlowD_MAType: 0 },
    { stoch_5_1_4_k: 'outSlowK', stoch_5_1_4_d: 'outSlowD' }],
  ['MACD', { optInFastPeriod: 12, optInSlowPeriod: 26, optInSignalPeriod: 9 },
    { macd_12_26_9: 'outMACD', macd_12_26_9_signal: 'outMACDSignal', macd_12_26_9_histogram: 'outMACDHist' }],
  ['MACD', { optInFastPeriod: 21, optInSlowPeriod: 5, optInSignalPeriod: 2 },
    { macd_21_5_2: 'outMACD', macd_21_5_2_signal: 'outMACDSignal' }],
  ['PPO', { optInFastPeriod: 12, optInSlowPeriod: 26, optInMAType: 1 }, { ppo_12_26: 'outReal' }],
  ['PPO', { optInFastPeriod: 12, optInSlowPeriod: 26, optInMAType: 0 }, { ppo_sma_12_26: 'outReal' }],
  ...[1, 10].map(n => ['ROC', { optInTimePeriod: n }, { [`roc_${n}`]: 'outReal' }]),
  ...[1, 10].map(n => ['MOM', { optInTimePeriod: n }, { [`mom_${n}`]: 'outReal' }]),
  ...[5, 20].map(n => ['CCI', { optInTimePeriod: n }, { [`cci_${n}`]: 'outReal' }]),
  ...[2, 14].map(n => ['WILLR', { optInTimePeriod: n }, { [`willr_${n}`]: 'outReal' }]),
  ...[3, 14].map(n => ['MFI', { optInTimePeriod: n }, { [`mfi_${n}`]: 'outReal' }]),
  ['OBV', {}, { obv: 'outReal' }],
  ['AD', {}, { ad: 'outReal' }],
  ['ADOSC', { optInFastPeriod: 3, optInSlowPeriod: 10 }, { adosc_3_10: 'outReal' }],
  ['TRANGE', {}, { trange: 'outReal' }],
  ...[1, 14].map(n => ['ATR', { optInTimePeriod: n }, { [`atr_${n}`]: 'outReal' }]),
  ['NATR', { optInTimePeriod: 14 }, { natr_14: 'outReal' }],
  ['BBANDS', { optInTimePeriod: 20, optInNbDevUp: 2, optInNbDevDn: 2, optInMAType: 0 },
    { bbands_20_2_upper: 'outRealUpperBand', bbands_20_2_middle: 'outRealMiddleBand', bbands_20_2_lower: 'outRealLowerBand' }],
  ['BBANDS', { optInTimePeriod: 5, optInNbDevUp: 1.5, optInNbDevDn: 1.5, optInMAType: 0 }, { 'bbands_5_1.5_upper': 'outRealUpperBand' }],
  ...[2, 14].map(n => ['PLUS_DI', { optInTimePeriod: n }, { [`plus_di_${n}`]: 'outReal' }]),
  ...[2, 14].map(n => ['MINUS_DI', { optInTimePeriod: n }, { [`minus_di_${n}`]: 'outReal' }]),
  ...[2, 14].map(n => ['DX', { optInTimePeriod: n }, { [`dx_${n}`]: 'outReal' }]),
  ...[2, 14].map(n => ['ADX', { optInTimePeriod: n }, { [`adx_${n}`]: 'outReal' }]),
  ['SAR', { optInAcceleration: 0.02, optInMaximum: 0.2 }, { 'sar_0.02_0.2': 'outReal' }],
  ['SAR', { optInAcceleration: 0.3, optInMaximum: 0.1 }, { 'sar_0.3_0.1': 'outReal' }],
];

function ask(name, options, bars) {
  const f = k => bars.map(b => b[k]);
  const answer = talib.execute({
    name, startIdx: 0, endIdx: bars.length - 1, inReal: f('close'), open: f('open'), high: f('high'), low: f('low'),
    close: f('close'), volume: f('volume'), ...options,
  });
  if (answer.error) throw new Error(`${name}: ${JSON.stringify(answer)}`);
  return output => bars.map((_, i) => i < answer.begIndex ? '' : answer.result[output][i - answer.begIndex]);
}

// TA-Lib's SMA of a column that starts late.
function smaOf(column, n) {
  const from = column.findIndex(v => v !== ''), values = column.slice(from);
  const answer = talib.execute({ name: 'SMA', startIdx: 0, endIdx: values.length - 1, inReal: values, optInTimePeriod: n });
  return column.map((_, i) => i < from + answer.begIndex ? '' : answer.result.outReal[i - from - answer.begIndex]);
}

function talibColumns(bars) {
  const columns = {};
  for (const [name, options, outputs] of rows) {
    const output = ask(name, options, bars);
    for (const [column, key] of Object.entries(outputs)) columns[column] = output(key);
  }
  columns.stochrsi_14_14_3_3_d = smaOf(columns.stochrsi_14_14_3_fastd, 3);
  columns.stochrsi_14_14_3_3_k = columns.stochrsi_14_14_3_fastd.map((v, i) => columns.stochrsi_14_14_3_3_d[i] === '' ? '' : v);
  const ema = columns.ema_20, atr = ask('ATR', { optInTimePeriod: 10 }, bars)('outReal');
  const both = f => ema.map((m, i) => m === '' || atr[i] === '' ? '' : f(m, atr[i]));
  columns.keltner_20_10_2_upper = both((m, a) => m + 2 * a);
  columns.keltner_20_10_2_middle = both(m => m);
  columns.keltner_20_10_2_lower = both((m, a) => m - 2 * a);
  return columns;
}

const DAY_MS = 86400000;

function signalColumns(bars, ts) {
  const columns = { supertrend_10_3: [], supertrend_10_3_direction: [], donchian_20_upper: [], donchian_20_middle: [],
    donchian_20_lower: [], cmf_20: [], vwap_20: [], vwap_session_utc: [] };
  const trend = new ts.SuperTrend({ interval: 10, multiplier: 3 }), cmf = new ts.CMF(20);
  let day = null, value = 0, volume = 0;
  bars.forEach((bar, i) => {
    const t = trend.update(bar, false), c = cmf.update(bar, false);
    columns.supertrend_10_3.push(t ? t.supertrend : '');
    columns.supertrend_10_3_direction.push(t ? (t.trend === ts.TradingSignal.BULLISH ? 1 : -1) : '');
    columns.cmf_20.push(c === null ? '' : c);
    const window = i < 19 ? null : bars.slice(i - 19, i + 1), typical = b => (b.high + b.low + b.close) / 3;
    const upper = window && Math.max(...window.map(b => b.high)), lower = window && Math.min(...window.map(b => b.low));
    columns.donchian_20_upper.push(window ? upper : '');
    columns.donchian_20_middle.push(window ? (upper + lower) / 2 : '');
    columns.donchian_20_lower.push(window ? lower : '');
    const sum = f => window.reduce((a, b) => a + f(b), 0);
    columns.vwap_20.push(!window ? '' : sum(b => b.volume) ? sum(b => typical(b) * b.volume) / sum(b => b.volume) : typical(bar));
    if (Math.floor(bar.time / DAY_MS) !== day) { day = Math.floor(bar.time / DAY_MS); value = volume = 0; }
    value += typical(bar) * bar.volume;
    volume += bar.volume;
    columns.vwap_session_utc.push(volume ? value / volume : typical(bar));
  });
  return columns;
}

function write(name, columns, count) {
  const names = Object.keys(columns);
  const lines = [names.join(',')];
  for (let i = 0; i < count; i++) lines.push(names.map(n => String(columns[n][i])).join(','));
  fs.writeFileSync(path.join(__dirname, name), lines.join('\n') + '\n');
}

const STRIDE = 97;

function recorded(folder, symbol) {
  const text = require('zlib').gunzipSync(fs.readFileSync(path.join(folder, `${symbol}-1h.csv.gz`))).toString();
  const bars = text.trim().split('\n').slice(1).map(line => line.split(',').map(Number))
    .map(([time, open, high, low, close, volume]) => ({ time, open, high, low, close, volume }));
  const columns = { bar: bars.map((_, i) => i), open_time_ms: bars.map(b => b.time), ...talibColumns(bars) };
  for (const name of Object.keys(columns)) columns[name] = columns[name].filter((_, i) => i % STRIDE === 0);
  write(`recorded-${symbol}.csv`, columns, columns.bar.length);
}

async function main() {
  if (process.argv[2]) ['BTCUSDT', 'PEPEUSDT'].forEach(symbol => recorded(process.argv[2], symbol));
  const ts = await import(require('url').pathToFileURL(
    path.join(process.env.NODE_PATH.split(':')[0], 'trading-signals/dist/index.js')));
  for (const [name, ticks] of Object.entries(markets)) {
    const bars = scaled(ticks), list = k => bars.map(b => b[k]);
    write(`${name}-bars.csv`, { open_time_ms: list('time'), open: list('open'), high: list('high'), low: list('low'),
      close: list('close'), volume: list('volume') }, bars.length);
    write(`${name}-talib.csv`, talibColumns(bars), bars.length);
    write(`${name}-signals.csv`, signalColumns(bars, ts), bars.length);
  }
}

main();
