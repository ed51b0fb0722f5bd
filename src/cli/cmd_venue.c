/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * "qtrade venue serve": the simulated exchange alone, for other programs and for trying the adapter
 * by hand.
 */
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "qtrade/base/file.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/venue/exchange.h"

#include "faulting_priv.h"

enum { PATH_BYTES = 640 };

/* "withdraw,anywhere" as bits. */
static bool
read_rights(const struct qt_args *args, unsigned *out, struct qt_error *err)
{
    static const struct {
        const char *word;
        unsigned bit;
    } rights[] = {{"withdraw", QT_EXCHANGE_KEY_WITHDRAWS},
                  {"anywhere", QT_EXCHANGE_KEY_ANYWHERE},
                  {"read-only", QT_EXCHANGE_KEY_READS}};
    const char *text = qt_args_get(args, "key-rights");
    for (const char *p = text ? text : ""; *p;) {
        size_t n = strcspn(p, ","), i = 0;
        while (i < QT_COUNT_OF(rights) &&
               (strlen(rights[i].word) != n || strncmp(p, rights[i].word, n) != 0))
            i++;
        if (i == QT_COUNT_OF(rights))
            return qt_fail(err, QT_E_USAGE,
                           "--key-rights is '%s': must be of withdraw, anywhere, read-only", text);
        *out |= rights[i].bit;
        p += n + (p[n] == ',');
    }
    return true;
}

/* "BNB=25" of that option. */
static bool
read_discount(const char *option, const char *text, struct qt_fee_schedule *out,
              struct qt_error *err)
{
    const char *equals = strchr(text, '=');
    size_t n = equals ? (size_t)(equals - text) : 0;
    int64_t percent;
    if (n == 0 || n >= QT_ASSET_SIZE || !qt_int_parse(equals + 1, &percent) || percent < 1 ||
        percent > 100)
        return qt_fail(err, QT_E_USAGE, "--%s '%s' is not ASSET=PERCENT, 1 to 100", option, text);
    (void)qt_copy_n(out->discount_asset, sizeof out->discount_asset, text, n);
    out->discount_pct = (int)percent;
    return true;
}

/* The two options of a venue's fees; *out: the schedule, or NULL where neither is given. */
static bool
read_fees(const struct qt_args *args, const char *fees_option, const char *discount_option,
          struct qt_fee_schedule *schedule, const struct qt_fee_schedule **out,
          struct qt_error *err)
{
    const char *fees = qt_args_get(args, fees_option);
    const char *discount = qt_args_get(args, discount_option);
    if (fees && !qt_fee_schedule_parse(fees, schedule, err))
        return qt_error_add(err, "--%s", fees_option);
    if (discount && !read_discount(discount_option, discount, schedule, err))
        return false;
    *out = fees || discount ? schedule : NULL;
    return true;
}

static bool
read_latency(const struct qt_args *args, struct qt_latency_model *out, struct qt_error *err)
{
    const char *spec;
    for (unsigned k = 0; (spec = qt_args_at(args, "latency", k)) != NULL; k++)
        if (!qt_latency_parse(spec, out, err))
            return false;
    return true;
}

enum { BALANCES_MAX = 64 };

/* "BTC=0.5", as often as it is given; none: what the exchange gives an account by itself. */
static bool
read_balances(const struct qt_args *args, struct qt_exchange_balance *balances,
              struct qt_exchange_server_options *out, struct qt_error *err)
{
    const char *spec;
    out->has_base = true;
    for (unsigned k = 0; (spec = qt_args_at(args, "balance", k)) != NULL; k++) {
        const char *equals = strchr(spec, '=');
        size_t n = equals ? (size_t)(equals - spec) : 0;
        qt_money amount;
        if (k == BALANCES_MAX)
            return qt_fail(err, QT_E_USAGE, "more than %d balances", BALANCES_MAX);
        if (n == 0 || n >= QT_ASSET_SIZE || !qt_money_parse(equals + 1, QT_MONEY_SCALE, &amount) ||
            qt_money_cmp(amount, QT_MONEY_ZERO) < 0)
            return qt_fail(err, QT_E_USAGE, "--balance '%s' is not ASSET=AMOUNT", spec);
        balances[k] = (struct qt_exchange_balance){.amount = equals + 1};
        (void)qt_copy_n(balances[k].asset, sizeof balances[k].asset, spec, n);
        out->balances = balances;
        out->n_balances = k + 1;
    }
    return true;
}

static bool
is_amount(const char *text)
{
    qt_money amount;
    return qt_money_parse(text, QT_MONEY_SCALE, &amount) &&
           qt_money_cmp(amount, QT_MONEY_ZERO) >= 0;
}

/* What the wallet of the perpetuals begins with. */
static bool
read_wallet(const struct qt_args *args, struct qt_exchange_server_options *out, struct qt_error *err)
{
    const char *text = out->usdm_wallet = qt_args_get(args, "usdm-wallet");
    const char *coins = out->usdm_coins = qt_args_get(args, "usdm-coins");
    if (text && !is_amount(text))
        return qt_fail(err, QT_E_USAGE, "--usdm-wallet '%s' is no amount of USDT", text);
    if (coins && !is_amount(coins))
        return qt_fail(err, QT_E_USAGE, "--usdm-coins '%s' is no amount", coins);
    return !coins || qt_args_has(args, "usdm-discount") ||
           qt_fail(err, QT_E_USAGE, "--usdm-coins says how many of --usdm-discount's asset there are");
}

enum { PPM = 1000000 };

static bool
read_options(const struct qt_args *args, struct qt_exchange_server_options *out,
             struct qt_fault *faults, struct qt_error *err)
{
    int64_t port, symbols, seed, start, usdm_port;
    double queue;
    if (!qt_args_int(args, "port", 0, 0, 65535, &port, err) ||
        !qt_args_int(args, "usdm-port", 0, 0, 65535, &usdm_port, err) ||
        !qt_args_int(args, "symbols", 0, 1, QT_INSTRUMENTS_MAX, &symbols, err) ||
        !qt_args_int(args, "seed", 1, 0, INT64_MAX, &seed, err) ||
        !qt_args_double(args, "speed", 1.0, 0.01, 10000.0, &out->speed, err) ||
        !qt_args_time(args, "start", 0, &start, err) ||
        !read_rights(args, &out->key_rights, err) ||
        !qt__faults_read(args, faults, &out->n_faults, err))
        return false;
    out->faults = faults;
    out->port = (int)port;
    out->usdm_port = (int)usdm_port;
    out->has_usdm = !qt_args_has(args, "spot-only");
    out->symbols = (unsigned)symbols;
    out->seed = (uint64_t)seed;
    out->start_ns = start;
    if (!qt_args_double(args, "impact", 0, 0, 100, &out->impact.coefficient, err) ||
        !qt_args_double(args, "queue", 1, 0, 1, &queue, err))
        return false;
    out->impact.half_life_ns = QT_IMPACT_HALF_LIFE_NS;
    out->queue_ppm = (unsigned)QT_MAX(queue * PPM + 0.5, 1.0);
    out->replay = qt_args_get(args, "replay");
    out->public_key = qt_args_get(args, "public-key");
    return true;
}

/* {"key":..,"secret":..} for programs, readable by its owner only. */
static bool
write_pair(const char *path, const char *key, const char *secret, struct qt_error *err)
{
    char buffer[256];
    struct qt_text text;
    qt_text_init(&text, buffer, sizeof buffer);
    qt_text_addf(&text, "{\"key\":\"%s\",\"secret\":\"%s\"}\n", key, secret);
    return qt_file_write_atomic(path, text.buffer, text.length, 0600, err) ||
           qt_error_add(err, "writing the credentials");
}

/* What is good now, and in FILE.next what will be where the key is to be rotated. */
static bool
write_credentials(const char *path, const struct qt_exchange_server_info *info,
                  const struct qt_exchange_server_options *options, struct qt_error *err)
{
    char next[PATH_BYTES];
    bool rotates = false;
    for (size_t i = 0; i < options->n_faults; i++)
        rotates |= options->faults[i].kind == QT_FAULT_ROTATE;
    int n = snprintf(next, sizeof next, "%s.next", path);
    if (n < 0 || (size_t)n >= sizeof next)
        return qt_fail(err, QT_E_USAGE, "--credentials: the name is too long");
    return write_pair(path, info->key, info->secret, err) &&
           (!rotates || write_pair(next, info->next_key, info->next_secret, err));
}

static bool
print_info(const struct qt_exchange_server_info *info, struct qt_error *err)
{
    char time[QT_TIME_TEXT];
    printf("simulated exchange: %u symbols, exchange time %s\n", info->symbols,
           qt_time_format(info->start_ns, time));
    printf("rest=%s\nstream=%s\napi=%s\nkey=%s secret=%s\n", info->rest_url, info->stream_url,
           info->api_url, info->key, info->secret);
    if (info->usdm_rest_url[0])
        printf("usdm_rest=%s\nusdm_stream=%s\nusdm_api=%s\n", info->usdm_rest_url,
               info->usdm_stream_url, info->usdm_api_url);
    if (info->ed25519_key[0])
        printf("ed25519_key=%s\n", info->ed25519_key);
    puts("ready");
    return fflush(stdout) == 0 || qt_fail_errno(err, QT_E_IO, "writing to standard output");
}

/* Waits for SIGINT or SIGTERM, at most for_ns when that is not 0. Being stopped and continued
 * (Ctrl-Z, SIGCONT) interrupts the wait and does not end it. */
static void
wait_for_end(const sigset_t *signals, int64_t for_ns)
{
    int64_t until_ns = qt_now_mono_ns() + for_ns;
    int caught = -1;
    do {
        int64_t left = for_ns > 0 ? QT_MAX(until_ns - qt_now_mono_ns(), 0) : QT_NS_PER_DAY;
        const struct timespec limit = {.tv_sec = left / QT_NS_PER_S, .tv_nsec = left % QT_NS_PER_S};
        caught = sigtimedwait(signals, NULL, &limit);
    } while (caught < 0 && (for_ns == 0 || qt_now_mono_ns() < until_ns));
}

static bool
report_end(const struct qt_exchange_server_stats *stats,
           const struct qt_exchange_server_options *options, struct qt_error *err)
{
    char buffer[512];
    struct qt_text faults;
    qt_text_init(&faults, buffer, sizeof buffer);
    qt__faults_text(options->faults, options->n_faults, stats, &faults);
    printf("ended: %" PRIu64 " trades, %" PRIu64 " orders, %" PRIu64 " fills, %" PRIu64
           " requests, %" PRIu64 " messages; balances %s\n",
           stats->trades, stats->orders, stats->fills, stats->requests, stats->messages,
           stats->is_conserved ? "conserved" : "NOT CONSERVED");
    if (faults.length > 0)
        printf("faults: %s\n", buffer);
    if (stats->behind_ns > QT_NS_PER_S)
        printf("this machine is too slow for the speed: the market was %.0f s behind its clock\n",
               (double)stats->behind_ns / (double)QT_NS_PER_S);
    return stats->is_conserved ||
           qt_fail(err, QT_E_VERIFY, "the simulated exchange's balances do not add up");
}

static bool
venue_run(const struct qt_args *args, struct qt_error *err)
{
    struct qt_exchange_server_options options = {0};
    struct qt_fault faults[QT_FAULTS_MAX];
    struct qt_exchange_balance balances[BALANCES_MAX];
    struct qt_fee_schedule schedule = {0}, usdm_schedule = {0};
    const char *credentials = qt_args_get(args, "credentials");
    int64_t for_ns;
    sigset_t signals;
    if (strcmp(args->operands[0], "serve") != 0)
        return qt_fail(err, QT_E_USAGE, "unknown venue command '%s' (there is: serve)",
                       args->operands[0]);
    if (!read_options(args, &options, faults, err) ||
        !read_balances(args, balances, &options, err) || !read_wallet(args, &options, err) ||
        !read_latency(args, &options.latency, err) ||
        !read_fees(args, "fees", "discount", &schedule, &options.fees, err) ||
        !read_fees(args, "usdm-fees", "usdm-discount", &usdm_schedule, &options.usdm_fees, err) ||
        !qt_args_duration(args, "for", 0, &for_ns, err))
        return false;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* before the thread starts: it inherits that */
    qt_auto(qt_exchange_server) server = qt_exchange_server_start(&options, err);
    if (!server)
        return false;
    const struct qt_exchange_server_info *info = qt_exchange_server_info(server);
    if ((credentials && !write_credentials(credentials, info, &options, err)) || !print_info(info, err))
        return false;
    wait_for_end(&signals, for_ns);
    struct qt_exchange_server_stats stats = qt_exchange_server_stats(server);
    return report_end(&stats, &options, err);
}

const struct qt_command qt_cmd_venue = {
    .name = "venue",
    .summary = "run the simulated exchange alone",
    .operands = "serve",
    .min_operands = 1,
    .max_operands = 1,
    .options =
        (const struct qt_option[]){
            {"port", 'p', "PORT", "loopback port to listen on, 0: any free one; default 0"},
            {"symbols", 'n', "N", "symbols of the market; default 50, of a recording all"},
            {"seed", 0, "N", "seed of the generated market; default 1"},
            {"replay", 0, "DIR", "recorded klines drive the market"},
            {"speed", 0, "X", "exchange seconds per second, 0.01 to 10000; default 1"},
            {"start", 0, "TIME", "exchange time at the start; default now, of a recording a month into it"},
            {"credentials", 0, "FILE", "also write key and secret as JSON, mode 0600"},
            {"public-key", 0, "FILE", "an Ed25519 public key (PEM) that may sign requests too"},
            {"key-rights", 0, "LIST",
             "the key may withdraw, work from anywhere, or is read-only: words with commas between"},
            {"balance", 0, "ASSET=AMOUNT",
             "what the account begins with; may be repeated; default: both assets of a symbol", true},
            {"usdm-port", 0, "PORT", "loopback port of the perpetuals, 0: any free one; default 0"},
            {"usdm-wallet", 0, "AMOUNT", "USDT that the wallet of the perpetuals begins with; default 100000"},
            {"usdm-fees", 0, "TIERS", "of the perpetuals, as --fees; default 2/5"},
            {"usdm-discount", 0, "ASSET=PERCENT", "so much off the perpetuals' fees paid in that asset"},
            {"usdm-coins", 0, "AMOUNT", "of that asset in the wallet of the perpetuals; default 0"},
            {"spot-only", 0, NULL, "no perpetuals"},
            {"fees", 0, "TIERS", "MAKER/TAKER[@VOLUME],... in basis points; default 10/10"},
            {"discount", 0, "ASSET=PERCENT", "so much off the fees paid in that asset"},
            {"latency", 0, "KIND=TIME[:SIGMA]",
             "answers to market, order, cancel or query requests take about that long", true},
            {"queue", 0, "PART",
             "of what stands at its price, 0 to 1, a resting order comes behind; default 1"},
            {"impact", 0, "X",
             "own trades move the market: X x volatility x root of their part of the volume"},
            QT__FAULT_OPTION,
            {"for", 0, "TIME", "end after so long (60s, 5m); default: at SIGINT or SIGTERM"},
            {0}},
    .run = venue_run,
    .help = qt__faults_help,
};
