/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Orders in Binance's words, and the signature under a request: HMAC-SHA256 of everything before
 * it, in hex. Conditional orders of USD-M have words of their own (algo.c says where from); their
 * answer has no forms to choose from.
 */
#include "codec_priv.h"

static const char *const tifs[QT_TIMES_IN_FORCE] = {
    [QT_TIF_GTC] = "GTC", [QT_TIF_IOC] = "IOC", [QT_TIF_FOK] = "FOK"};

static void
add_decimal(struct qt_text *out, const char *name, int64_t v, int scale)
{
    char text[QT_DECIMAL_TEXT];
    qt_text_add(out, name);
    qt_text_add(out, qt_decimal_format_short(v, scale, text));
}

bool
qt__bn_is_algo(const struct qt__bn_words *words, enum qt_order_type type)
{
    return words->has_algos && words->types[type].has_stop;
}

bool
qt__bn_encode(const struct qt__bn_words *words, const struct qt_instrument *ins, uint32_t tag,
              const struct qt_order_request *request, struct qt_text *out)
{
    char id[QT_CLIENT_ID_TEXT];
    if (request->type >= QT_ORDER_TYPES || request->tif >= QT_TIMES_IN_FORCE ||
        request->side > QT_SELL || request->qty.v <= 0)
        return false;
    const struct qt__bn_type_words *type = &words->types[request->type];
    if (!type->name || (type->has_px && request->px.v <= 0) ||
        (type->has_stop && request->stop_px.v <= 0))
        return false;
    bool is_algo = qt__bn_is_algo(words, (enum qt_order_type)request->type);
    qt_text_add(out, is_algo ? "algoType=CONDITIONAL&symbol=" : "symbol=");
    qt_text_add(out, ins->symbol);
    qt_text_add(out, request->side == QT_BUY ? "&side=BUY&type=" : "&side=SELL&type=");
    qt_text_add(out, type->name);
    if (type->has_tif) {
        qt_text_add(out, "&timeInForce=");
        qt_text_add(out, type->tif ? type->tif : tifs[request->tif]);
    }
    add_decimal(out, "&quantity=", request->qty.v, ins->qty_scale);
    if (type->has_px)
        add_decimal(out, "&price=", request->px.v, ins->px_scale);
    if (type->has_stop)
        add_decimal(out, is_algo ? "&triggerPrice=" : "&stopPrice=", request->stop_px.v,
                    ins->px_scale);
    qt_text_add(out, is_algo ? "&clientAlgoId=" : "&newClientOrderId=");
    qt_text_add(out, qt_client_id_format(tag, request->client_id, id));
    if (request->reduce_only && words->reduce_only)
        qt_text_add(out, words->reduce_only);
    if (!is_algo) {
        qt_text_add(out, "&newOrderRespType=");
        qt_text_add(out, words->response);
    }
    return !out->is_cut;
}

bool
qt__bn_sign_query(struct qt_signer *signer, const char *secret, int64_t recv_window_ms,
                  int64_t timestamp_ms, struct qt_text *out)
{
    char signature[QT_SIGNATURE_TEXT];
    qt_text_add(out, out->length ? "&recvWindow=" : "recvWindow=");
    qt_text_add_int(out, recv_window_ms);
    qt_text_add(out, "&timestamp=");
    qt_text_add_int(out, timestamp_ms);
    if (out->is_cut || !qt_signer_sign(signer, secret, out->buffer, out->length, signature))
        return false;
    qt_text_add(out, "&signature=");
    qt_text_add(out, signature);
    return !out->is_cut;
}
