/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The blocking start: clock, rules, volumes, key; and later looks at the rules, some symbols at a
 * time, because an instrument that stops trading or changes its steps while we run must not be
 * priced from old rules (fault F12).
 */
#include "session_priv.h"

#include <stdio.h>
#include <stdlib.h>

#include "qtrade/base/time.h"
#include "qtrade/net/url.h"

#define LOAD_TIMEOUT_MS 30000
#define STEP_TIMEOUT_MS 15000
#define NO_SUCH_SYMBOL (-1121)
#define RETRY_MS 500
#define CLOCK_SAMPLES 3
#define RULES_A_REQUEST 20
#define RULES_LEAST_MS 500

static void
on_fetched(struct qt__bn_call *call, const struct qt__bn_answer *answer)
{
    struct qt__bn_fetch *fetch = call->context;
    fetch->is_done = true;
    fetch->answer = *answer;
    snprintf(fetch->text, sizeof fetch->text, "%s", answer->text ? answer->text : "");
    fetch->body = malloc(answer->length + 1);
    fetch->is_good = answer->is_good && fetch->body;
    if (fetch->body) {
        memcpy(fetch->body, answer->body, answer->length);
        fetch->body[answer->length] = '\0';
    }
}

/* Works the loop until it is done or the time is up; a request that is left behind is forgotten
 * with the client. */
static void
wait_for(struct qt_binance *self, const bool *is_done, int64_t until_mono_ns)
{
    while (!*is_done) {
        int64_t left_ns = until_mono_ns - qt_now_mono_ns();
        if (left_ns <= 0)
            return;
        (void)qt_loop_work(self->loop, (int)QT_MIN(left_ns / QT_NS_PER_MS + 1, 100));
    }
}

static void
on_pause(void *context)
{
    *(bool *)context = true;
}

static void
pause_for(struct qt_binance *self, int64_t ms, int64_t until_mono_ns)
{
    struct qt_timer timer = {0};
    bool is_over = false;
    qt_timer_start(self->loop, &timer, ms, on_pause, &is_over);
    wait_for(self, &is_over, until_mono_ns);
    qt_timer_stop(&timer);
}

/* Would it be right to ask again? A refused key or request stays refused. */
static bool
is_passing(enum qt_venue_verdict verdict)
{
    return verdict != QT_VENUE_AUTH && verdict != QT_VENUE_REJECTED &&
           verdict != QT_VENUE_NOT_FOUND;
}

/* No request was made. */
static void
say_closed(const struct qt_binance *self, char *out, size_t size)
{
    int64_t until_ns = qt_limiter_banned_until(&self->limiter);
    char when[QT_TIME_TEXT];
    if (until_ns > qt__bn_limiter_now(self))
        snprintf(out, size, "the venue lets nothing through until %s UTC: it has banned us",
                 qt_time_format_short(until_ns, when));
    else
        snprintf(out, size, "the venue lets nothing through now");
}

bool
qt__bn_fetch(struct qt_binance *self, enum qt__bn_what what, const char *query,
             int64_t until_mono_ns, struct qt__bn_fetch *fetch, struct qt_error *err)
{
    do {
        int64_t wait_ns, left_ms = (until_mono_ns - qt_now_mono_ns()) / QT_NS_PER_MS;
        *fetch = (struct qt__bn_fetch){.text = "no answer in time"};
        const struct qt__bn_request request = {.what = what, .query = query,
                                               .timeout_ms =
                                                   (int)QT_MAX(QT_MIN(left_ms, STEP_TIMEOUT_MS), 1),
                                               .done = on_fetched,
                                               .context = fetch};
        if (qt__bn_rest_send(self, &request, &wait_ns) == QT__BN_SENT) {
            /* A little longer than its own time-out, so that its callback never comes after we
             * left. */
            wait_for(self, &fetch->is_done, qt_now_mono_ns() + 2 * STEP_TIMEOUT_MS * QT_NS_PER_MS);
            qt_assert(fetch->is_done);
            if (fetch->is_good)
                return true;
            free(fetch->body);
            fetch->body = NULL;
            if (!is_passing(fetch->answer.verdict) || fetch->answer.status == QT__BN_NO_SUCH_PATH)
                break;
        } else {
            say_closed(self, fetch->text, sizeof fetch->text);
        }
        pause_for(self, RETRY_MS, until_mono_ns);
    } while (qt_now_mono_ns() < until_mono_ns);
    return qt_fail(err, QT_E_IO, "%s%s: %s", self->rest_url, self->product->at[what].path, fetch->text);
}

static bool
load_clock(struct qt_binance *self, int64_t until, struct qt_error *err)
{
    for (int i = 0; i < CLOCK_SAMPLES; i++) {
        struct qt__bn_fetch fetch;
        int64_t ms;
        if (!qt__bn_fetch(self, QT__BN_TIME, NULL, until, &fetch, err))
            return qt_error_add(err, "asking for the venue's time");
        bool is_good = qt__bn_decode_time(fetch.body, fetch.answer.length, &ms);
        free(fetch.body);
        if (!is_good)
            return qt_fail(err, QT_E_DATA, "%s%s: no time in the answer", self->rest_url,
                           self->product->at[QT__BN_TIME].path);
        qt__bn_time_sample(self, ms, fetch.answer.sent_utc_ns, fetch.answer.back_utc_ns);
    }
    return true;
}

static int
by_symbol(const void *a, const void *b)
{
    const struct qt__bn_listing *x = a, *y = b;
    return strcmp(x->ins.symbol, y->ins.symbol);
}

static int
by_volume(const void *a, const void *b)
{
    const struct qt__bn_listing *x = a, *y = b;
    int order = qt_money_cmp(y->volume, x->volume);
    return order ? order : strcmp(x->ins.symbol, y->ins.symbol);
}

/* Is the symbol a word of the list "A,B,C"? */
static bool
is_listed(const char *list, const char *symbol)
{
    size_t n = strlen(symbol);
    for (const char *p = list; *p;) {
        size_t word = strcspn(p, ", \t\n");
        if (word == n && memcmp(p, symbol, n) == 0)
            return true;
        p += word;
        p += strspn(p, ", \t\n");
    }
    return false;
}

/* Those that trade and are wanted, in place. */
static size_t
keep_wanted(const struct qt_binance *self, struct qt__bn_listing *listings, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (listings[i].ins.status == QT_INSTRUMENT_TRADING &&
            (!self->wanted || is_listed(self->wanted, listings[i].ins.symbol)))
            listings[kept++] = listings[i];
    return kept;
}

static bool
load_listings(struct qt_binance *self, int64_t until, struct qt__bn_listing **out, size_t *out_n,
              struct qt_error *err)
{
    struct qt__bn_fetch fetch;
    struct qt__bn_rate_rules rules;
    size_t skipped;
    const char *quote = self->quote_asset[0] ? self->quote_asset : NULL;
    if (!qt__bn_fetch(self, QT__BN_RULES, NULL, until, &fetch, err))
        return qt_error_add(err, "reading the venue's rules");
    bool is_good = qt__bn_decode_exchange_info(fetch.body, fetch.answer.length,
                                               self->product->words, quote, out, out_n,
                                               &skipped, &rules, err);
    free(fetch.body);
    if (!is_good)
        return qt_error_add(err, "reading the venue's rules");
    qt__bn_rest_rules(self, &rules);
    *out_n = keep_wanted(self, *out, *out_n);
    qsort(*out, *out_n, sizeof **out, by_symbol);
    return true;
}

static bool
load_volumes(struct qt_binance *self, int64_t until, struct qt__bn_listing *listings, size_t n,
             struct qt_error *err)
{
    struct qt__bn_fetch fetch;
    if (!qt__bn_fetch(self, QT__BN_DAY, NULL, until, &fetch, err))
        return qt_error_add(err, "reading the day's volumes");
    bool is_good = qt__bn_decode_day_volumes(fetch.body, fetch.answer.length, listings, n, err);
    free(fetch.body);
    return is_good || qt_error_add(err, "reading the day's volumes");
}

/* The key is good if it can read the account. */
static bool
check_key(struct qt_binance *self, int64_t until, struct qt_error *err)
{
    struct qt__bn_fetch fetch;
    json_error_t error;
    if (!self->has_key)
        return true;
    if (!qt__bn_fetch(self, QT__BN_ACCOUNT, NULL, until, &fetch, err))
        return qt_error_add(err, "reading the account");
    self->account.balances = json_loadb(fetch.body, fetch.answer.length, 0, &error);
    free(fetch.body);
    return qt__bn_rights_load(self, until, err);
}

static struct qt_universe *
make_universe(struct qt_binance *self, struct qt__bn_listing *listings, size_t n,
              struct qt_error *err)
{
    qt_auto(qt_universe) universe = qt_universe_create();
    size_t most = QT_MIN(n, (size_t)QT_MIN(self->max_symbols, (unsigned)QT_INSTRUMENTS_MAX));
    qsort(listings, n, sizeof *listings, by_volume);
    if (n == 0) {
        (void)qt_fail(err, QT_E_DATA, "%s lists no trading symbol that is wanted (quote asset %s)",
                      self->rest_url, self->quote_asset[0] ? self->quote_asset : "any");
        return NULL;
    }
    if (!universe) {
        (void)qt_fail(err, QT_E_MEMORY, "no memory for %zu symbols", most);
        return NULL;
    }
    for (size_t i = 0; i < most; i++)
        if (!qt_universe_add(universe, &listings[i].ins, err))
            return NULL;
    if (!qt__bn_symbols_create(self, listings, most, universe, err))
        return NULL;
    return qt_steal(&universe);
}

bool
qt__bn_symbols_create(struct qt_binance *self, const struct qt__bn_listing *listings, size_t n,
                      const struct qt_universe *universe, struct qt_error *err)
{
    self->universe = universe;
    self->n_symbols = (uint32_t)n;
    self->symbols = calloc(n, sizeof *self->symbols);
    if (!self->symbols || !qt__bn_history_create(self))
        return qt_fail(err, QT_E_MEMORY, "no memory for %zu symbols", n);
    for (uint32_t i = 0; i < n; i++) {
        self->symbols[i].self = self;
        self->symbols[i].id = i;
        self->symbols[i].last_bar_ns = self->symbols[i].filled_to_ns = QT_TIME_NONE;
        self->symbols[i].day_volume = listings[i].volume;
        self->symbols[i].is_waited_for = self->n_history > 0;
    }
    self->stats.history_left = self->n_history ? self->n_symbols : 0;
    return true;
}

static void
tell(qt_venue_progress_fn progress, void *context, const char *what, unsigned done)
{
    if (progress)
        progress(context, what, done, 4);
}

/* Brings the account into the state that is traded with, as far as this session trades. */
static bool
prepare(struct qt_binance *self, int64_t until, struct qt_error *err)
{
    json_t *account = self->account.balances;
    self->account.balances = NULL;
    bool is_good = !self->has_key || !self->product->prepare ||
                   self->product->prepare(self, account, until, err);
    json_decref(account);
    return is_good;
}

struct qt_universe *
qt_binance_load_universe(struct qt_binance *self, int timeout_ms, qt_venue_progress_fn progress,
                         void *context, struct qt_error *err)
{
    int64_t timeout_ns = (timeout_ms > 0 ? timeout_ms : LOAD_TIMEOUT_MS) * QT_NS_PER_MS;
    int64_t until = qt_now_mono_ns() + timeout_ns;
    struct qt__bn_listing *listings = NULL;
    struct qt_universe *universe = NULL;
    size_t n = 0;
    qt_assert(!self->symbols); /* once */
    tell(progress, context, "clock", 0);
    bool is_good = load_clock(self, until, err);
    if (is_good) {
        tell(progress, context, "rules", 1);
        is_good = load_listings(self, until, &listings, &n, err);
    }
    if (is_good) {
        tell(progress, context, "volumes", 2);
        is_good = load_volumes(self, until, listings, n, err);
    }
    if (is_good) {
        tell(progress, context, "account", 3);
        is_good = check_key(self, until, err);
    }
    if (is_good) {
        universe = make_universe(self, listings, n, err);
        tell(progress, context, "universe", 4);
    }
    free(listings);
    if (universe && !prepare(self, until, err)) {
        qt_universe_destroy(universe);
        universe = NULL;
    }
    if (!universe)
        (void)qt_error_add(err, "starting %s", qt_binance_venue(self).name);
    return universe;
}

/* Later looks */

/* v in ten to the minus from, as ten to the minus to; false: no room. */
static bool
rescale(int64_t v, int from, int to, int64_t *out)
{
    return from <= to && !__builtin_mul_overflow(v, qt_pow10(to - from), out);
}

/* The steps that an order is cut to, in the scales of ins. Finer ones change nothing: what kept the old ones keeps them too. */
static uint8_t
look_at(const struct qt_instrument *ins, const struct qt_instrument *now, qt_qty *out_lot)
{
    int64_t tick, lot;
    *out_lot = QT_QTY_ZERO;
    if (now->status != QT_INSTRUMENT_TRADING)
        return (uint8_t)now->status;
    if (!rescale(now->tick.v, now->px_scale, ins->px_scale, &tick) ||
        !rescale(now->lot.v, now->qty_scale, ins->qty_scale, &lot))
        return QT_INSTRUMENT_HALTED; /* no words for it */
    if (ins->tick.v % tick == 0 && ins->lot.v % lot == 0)
        return QT_INSTRUMENT_TRADING;
    *out_lot = (qt_qty){QT_MAX(lot, ins->lot.v)};
    return QT_INSTRUMENT_CHANGED;
}

static void
tell_status(struct qt_binance *self, uint32_t id, uint8_t status, qt_qty lot)
{
    int64_t utc = qt__bn_utc(self);
    struct qt_event event = {.t_venue_ns = utc,
                             .t_recv_ns = utc,
                             .instrument = id,
                             .kind = QT_EVENT_STATUS,
                             .status = {.status = status, .lot = lot}};
    if (self->symbols[id].status == status)
        return;
    self->symbols[id].status = status;
    qt__bn_push(self, &event);
}

/* The symbols of one request: so many from the first. */
static uint32_t
symbol_of(const struct qt__bn_call *call, uint32_t i)
{
    return (call->instrument + i) % call->self->n_symbols;
}

/* skipped: listings that could not be read; a symbol that is not there may be one of them. */
static void
take_rules(struct qt__bn_call *call, const struct qt__bn_listing *listings, size_t n,
           size_t skipped)
{
    struct qt_binance *self = call->self;
    for (uint32_t i = 0; i < call->generation; i++) {
        const struct qt_instrument *ins = qt_universe_at(self->universe, symbol_of(call, i));
        uint8_t status = skipped ? QT_INSTRUMENT_HALTED : QT_INSTRUMENT_GONE;
        qt_qty lot = QT_QTY_ZERO;
        for (size_t k = 0; k < n; k++)
            if (strcmp(listings[k].ins.symbol, ins->symbol) == 0)
                status = look_at(ins, &listings[k].ins, &lot);
        tell_status(self, ins->id, status, lot);
    }
}

/* One symbol that is gone spoils the answer for all that were asked for with it: they are asked for
 * one by one then. */
static void
on_rules(struct qt__bn_call *call, const struct qt__bn_answer *answer)
{
    struct qt_binance *self = call->self;
    struct qt__bn_listing *listings = NULL;
    struct qt__bn_rate_rules rules;
    struct qt_error err;
    size_t n = 0, skipped;
    if (answer->code == NO_SUCH_SYMBOL && call->generation > 1) {
        self->rules_next = call->instrument;
        self->rules_alone = call->generation;
        qt__bn_rules_start(self);
    } else if (answer->code == NO_SUCH_SYMBOL) {
        tell_status(self, call->instrument, QT_INSTRUMENT_GONE, QT_QTY_ZERO);
    } else if (answer->is_good && qt__bn_decode_exchange_info(
                                      answer->body, answer->length, self->product->words, NULL,
                                      &listings, &n, &skipped, &rules, &err)) {
        take_rules(call, listings, n, skipped);
        free(listings);
    }
}

/* How many symbols one look is about. */
static uint32_t
rules_a_request(const struct qt_binance *self)
{
    return self->product->asks_rules_by_symbol ? QT_MIN(self->n_symbols, (uint32_t)RULES_A_REQUEST)
                                               : self->n_symbols;
}

static void
on_rules_timer(void *context)
{
    struct qt_binance *self = context;
    char buffer[RULES_A_REQUEST * (QT_SYMBOL_SIZE + 8) + 32] = "";
    struct qt_text query;
    uint32_t n = self->rules_alone ? 1 : rules_a_request(self);
    qt_text_init(&query, buffer, sizeof buffer);
    for (uint32_t i = 0; self->product->asks_rules_by_symbol && i < n; i++)
        qt_text_addf(
            &query, "%s%%22%s%%22", i ? "," : "symbols=%5B",
            qt_universe_at(self->universe, (self->rules_next + i) % self->n_symbols)->symbol);
    if (self->product->asks_rules_by_symbol)
        qt_text_add(&query, "%5D");
    const struct qt__bn_request request = {.what = QT__BN_RULES,
                                           .query = buffer,
                                           .done = on_rules,
                                           .instrument = self->rules_next,
                                           .generation = n};
    if (qt__bn_rest_send(self, &request, NULL) == QT__BN_SENT) {
        self->rules_next = (self->rules_next + n) % self->n_symbols;
        self->rules_alone -= self->rules_alone > 0;
    }
    qt__bn_rules_start(self);
}

void
qt__bn_rules_start(struct qt_binance *self)
{
    uint32_t n = QT_MAX(rules_a_request(self), 1u);
    int64_t requests = (self->n_symbols + n - 1) / n;
    int64_t wait_ms = self->rules_alone ? 0 : self->rules_ms / QT_MAX(requests, 1);
    qt_timer_start(self->loop, &self->rules_timer, QT_MAX(wait_ms, RULES_LEAST_MS), on_rules_timer,
                   self);
}

void
qt__bn_rules_stop(struct qt_binance *self)
{
    qt_timer_stop(&self->rules_timer);
}
