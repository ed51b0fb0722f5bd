/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A backtest's store: rows go to CSV files where a report was asked for, and what the metrics need
 * stays in memory.
 */
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/trade/order.h"

#include "backtest_priv.h"

/* Room for one more row of size bytes. */
static bool
reserve(struct qt__backtest_log *log, void **rows, size_t n, size_t *room, size_t size)
{
    if (n < *room)
        return true;
    size_t more = *room ? 2 * *room : 1024;
    void *grown = realloc(*rows, more * size);
    if (!grown) {
        log->is_full = true;
        return false;
    }
    *rows = grown;
    *room = more;
    return true;
}

static const char *
symbol_of(const struct qt__backtest_log *log, uint32_t instrument)
{
    return instrument == QT_NO_INSTRUMENT ? "" : qt_universe_at(log->universe, instrument)->symbol;
}

static int64_t
ms_of(int64_t t_ns)
{
    return t_ns / QT_NS_PER_MS;
}

static const char *
money(qt_money amount, char text[QT_DECIMAL_TEXT])
{
    return qt_decimal_format_short(qt_money_units(amount), QT_MONEY_SCALE, text);
}

static void
take_order(struct qt__backtest_log *log, const struct qt_record *record)
{
    const struct qt_order_record *order = &record->order;
    const struct qt_instrument *ins = qt_universe_at(log->universe, order->request.instrument);
    char px[QT_DECIMAL_TEXT], qty[QT_DECIMAL_TEXT], filled[QT_DECIMAL_TEXT], quote[QT_DECIMAL_TEXT];
    if (!log->orders || !qt_order_state_is_final((enum qt_order_state)order->state))
        return;
    qt_px_format(order->request.px, ins->px_scale, px);
    fprintf(log->orders, "%" PRIu64 ",%" PRId64 ",%" PRId64 ",%s,%s,%s,%s,%s,%s,%s,%s,%s,%d\n",
            order->request.client_id, ms_of(order->created_ns), ms_of(order->updated_ns),
            ins->symbol, qt_side_name((enum qt_side)order->request.side),
            qt_order_type_name((enum qt_order_type)order->request.type),
            qt_order_purpose_name((enum qt_order_purpose)order->purpose),
            qt_order_state_name((enum qt_order_state)order->state),
            qt_px_is_none(order->request.px) ? "" : px,
            qt_decimal_format_short(qt_qty_units(order->request.qty), ins->qty_scale, qty),
            qt_decimal_format_short(qt_qty_units(order->cum_qty), ins->qty_scale, filled),
            money(order->cum_quote, quote), (int)order->code);
}

static void
take_fill(struct qt__backtest_log *log, const struct qt_record *record)
{
    const struct qt_fill_record *fill = &record->fill;
    const struct qt_instrument *ins = qt_universe_at(log->universe, fill->instrument);
    qt_money value;
    if (!qt_instrument_notional(ins, fill->px, fill->qty, &value) ||
        !qt_money_add(log->total.traded, value, &log->total.traded))
        log->total.is_overflow = true;
}

static void
take_equity(struct qt__backtest_log *log, const struct qt_record *record)
{
    const struct qt_equity_record *equity = &record->equity;
    char text[4][QT_DECIMAL_TEXT];
    if (log->equity)
        fprintf(log->equity, "%" PRId64 ",%s,%s,%s,%s,%.6f,%u\n", ms_of(record->t_ns),
                money(equity->equity, text[0]), money(equity->cash, text[1]),
                money(equity->exposure, text[2]), money(equity->fees, text[3]), equity->drawdown,
                equity->positions);
    if (reserve(log, (void **)&log->point, log->points, &log->points_room, sizeof *log->point))
        log->point[log->points++] = (struct qt_equity_point){
            .t_ns = record->t_ns, .equity = equity->equity, .exposure = equity->exposure};
}

static void
add_total(struct qt_trades_total *total, const struct qt_trade_record *trade)
{
    int sign = qt_money_sign(trade->profit);
    qt_money *part = sign > 0 ? &total->won : &total->lost;
    total->trades++;
    total->wins += sign > 0;
    total->losses += sign < 0;
    if (!qt_money_add(total->profit, trade->profit, &total->profit) ||
        !qt_money_add(*part, trade->profit, part))
        total->is_overflow = true;
}

static void
take_trade(struct qt__backtest_log *log, const struct qt_record *record)
{
    const struct qt_trade_record *trade = &record->trade;
    const struct qt_instrument *ins = qt_universe_at(log->universe, trade->instrument);
    char qty[QT_DECIMAL_TEXT], entry[QT_DECIMAL_TEXT], exit[QT_DECIMAL_TEXT],
        profit[QT_DECIMAL_TEXT], fees[QT_DECIMAL_TEXT];
    if (log->trades)
        fprintf(log->trades, "%s,%" PRId64 ",%" PRId64 ",%s,%s,%s,%s,%s,%.4f,%s\n", ins->symbol,
                ms_of(trade->opened_ns), ms_of(trade->closed_ns),
                qt_decimal_format_short(qt_qty_units(trade->qty), ins->qty_scale, qty),
                qt_px_format(trade->entry, ins->px_scale, entry),
                qt_px_format(trade->exit, ins->px_scale, exit), money(trade->profit, profit),
                money(trade->fees, fees), trade->r_multiple, trade->exit_reason);
    add_total(&log->total, trade);
    if (reserve(log, (void **)&log->trip, log->trips, &log->trips_room, sizeof *log->trip))
        log->trip[log->trips++] = (struct qt_round_trip){.instrument = trade->instrument,
                                                         .opened_ns = trade->opened_ns,
                                                         .closed_ns = trade->closed_ns,
                                                         .qty = trade->qty,
                                                         .entry = trade->entry,
                                                         .exit = trade->exit,
                                                         .profit = trade->profit,
                                                         .fees = trade->fees,
                                                         .has_r = true,
                                                         .r_multiple = trade->r_multiple};
}

static void
take_decision(struct qt__backtest_log *log, const struct qt_record *record)
{
    const struct qt_decision_record *decision = &record->decision;
    char buffer[512];
    struct qt_text line;
    qt_text_init(&line, buffer, sizeof buffer);
    qt_text_addf(&line, "{\"time_ms\":%" PRId64 ",\"kind\":\"%s\",\"symbol\":", ms_of(record->t_ns),
                 decision->kind);
    qt_text_add_json_string(&line, symbol_of(log, decision->instrument));
    qt_text_add(&line, ",\"score\":");
    qt_text_add_json_double(&line, decision->score);
    qt_text_add(&line, ",\"value\":");
    qt_text_add_json_double(&line, decision->value);
    qt_text_add(&line, ",\"detail\":");
    qt_text_add_json_string(&line, decision->detail);
    qt_text_add(&line, "}\n");
    qt_assert(!line.is_cut);
    if (log->decisions)
        fputs(buffer, log->decisions);
    if (reserve(log, (void **)&log->decided, log->decisions_made, &log->decisions_room,
                sizeof *log->decided))
        log->decided[log->decisions_made++] =
            (struct qt__decided){record->t_ns, qt_hash(QT_HASH_START, buffer, line.length)};
}

static bool
put(void *self, const struct qt_record *record)
{
    struct qt__backtest_log *log = self;
    switch (record->kind) {
    case QT_RECORD_ORDER:
        take_order(log, record);
        break;
    case QT_RECORD_FILL:
        take_fill(log, record);
        break;
    case QT_RECORD_EQUITY:
        take_equity(log, record);
        break;
    case QT_RECORD_TRADE:
        take_trade(log, record);
        break;
    case QT_RECORD_DECISION:
        take_decision(log, record);
        break;
    case QT_RECORD_PARENT:
        if (log->executions && record->parent.state == QT_PARENT_DONE)
            qt__backtest_execution_row(log, &record->parent);
        break;
    case QT_RECORD_POSITION:
    case QT_RECORD_POSTING:
    case QT_RECORD_MODE:
    case QT_RECORD_AUDIT:
    case QT_RECORD_DIFFERENCE:
    case QT_RECORD_KINDS:
        break;
    }
    return !log->is_full;
}

struct qt_store_port
qt__backtest_log_port(struct qt__backtest_log *log)
{
    return (struct qt_store_port){.self = log, .put = put};
}

/* The report's files and how each begins. How to add one: its FILE in the log and a row here. */
#define FILE_OF(name_) offsetof(struct qt__backtest_log, name_)
static const struct {
    const char *name;
    size_t offset;
    const char *head;
} files[] = {
    {"trades.csv", FILE_OF(trades),
     "symbol,opened_ms,closed_ms,quantity,entry,exit,profit,fees,r_multiple,exit_reason\n"},
    {"orders.csv", FILE_OF(orders),
     "client_id,created_ms,updated_ms,symbol,side,type,purpose,state,price,quantity,filled,"
     "filled_quote,code\n"},
    {"equity.csv", FILE_OF(equity), "time_ms,equity,cash,exposure,fees,drawdown,positions\n"},
    {"executions.csv", FILE_OF(executions), qt__backtest_execution_head},
    {"decisions.jsonl", FILE_OF(decisions), ""}};
enum { PATH = 1200 };

static FILE **
file_at(struct qt__backtest_log *log, size_t i)
{
    return (FILE **)((char *)log + files[i].offset);
}

static const char *
path_of(const struct qt__backtest_log *log, size_t i, const char *end, char out[PATH])
{
    snprintf(out, PATH, "%s/%s%s", log->dir, files[i].name, end);
    return out;
}

static bool
open_file(struct qt__backtest_log *log, size_t i, struct qt_error *err)
{
    char path[PATH];
    FILE *file = fopen(path_of(log, i, ".part", path), "we");
    *file_at(log, i) = file;
    if (!file)
        return qt_fail_errno(err, QT_E_IO, "%s", path);
    fputs(files[i].head, file);
    return true;
}

/* What is not whole goes; a report of before that it was to replace stays. */
static bool
close_file(struct qt__backtest_log *log, size_t i, bool is_wanted)
{
    char part[PATH], path[PATH];
    FILE *file = *file_at(log, i);
    *file_at(log, i) = NULL;
    if (!file)
        return true;
    bool is_whole = !ferror(file);
    is_whole = fclose(file) == 0 && is_whole;
    path_of(log, i, ".part", part);
    if (is_wanted && is_whole && rename(part, path_of(log, i, "", path)) == 0)
        return true;
    int why = errno;
    (void)unlink(part);
    errno = why;
    return !is_wanted;
}

bool
qt__backtest_log_open(struct qt__backtest_log *log, const char *dir,
                      const struct qt_universe *universe, struct qt_error *err)
{
    *log = (struct qt__backtest_log){.universe = universe, .dir = dir};
    if (!dir)
        return true;
    if (mkdir(dir, 0777) != 0 && errno != EEXIST)
        return qt_fail_errno(err, QT_E_IO, "making the report folder %s", dir);
    for (size_t i = 0; i < QT_COUNT_OF(files); i++)
        if (!open_file(log, i, err))
            return false;
    return true;
}

bool
qt__backtest_log_close(struct qt__backtest_log *log, struct qt_error *err)
{
    bool is_whole = true;
    for (size_t i = 0; i < QT_COUNT_OF(files); i++)
        is_whole = close_file(log, i, true) && is_whole;
    if (!is_whole)
        return qt_fail_errno(err, QT_E_IO, "writing the report");
    return !log->is_full || qt_fail(err, QT_E_MEMORY, "no memory for the backtest's rows");
}

void
qt__backtest_log_finish(struct qt__backtest_log *log)
{
    for (size_t i = 0; i < QT_COUNT_OF(files); i++)
        (void)close_file(log, i, false);
    free(log->point);
    free(log->trip);
    free(log->decided);
    log->point = NULL;
    log->trip = NULL;
    log->decided = NULL;
}
