/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Words for the compiler. qt_auto(qt_thing) declares a "struct qt_thing *" that ends itself through
 * qt_thing_auto() when its scope is left; qt_steal() hands it out instead.
 */
#ifndef QTRADE_BASE_ATTR_H
#define QTRADE_BASE_ATTR_H

#define QT_CHECKED __attribute__((warn_unused_result))
#define QT_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define QT_NORETURN __attribute__((noreturn))
#define QT_UNUSED __attribute__((unused))
#define QT_INLINE static inline __attribute__((always_inline)) /* where a call would cost more */
#define QT_OUTLINE __attribute__((noinline, cold)) /* what is rare, out of the way of what is not */
#define QT_ON(thread) /* documentation: the thread that may call this */

#define qt_auto(type) __attribute__((cleanup(type##_auto))) struct type *
#define qt_steal(pp)                                                                               \
    __extension__({                                                                                \
        __typeof__(*(pp)) qt_stolen_ = *(pp);                                                      \
        *(pp) = NULL;                                                                              \
        qt_stolen_;                                                                                \
    })

#define QT_COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define QT_MIN(a, b) ((a) < (b) ? (a) : (b))
#define QT_MAX(a, b) ((a) > (b) ? (a) : (b))
#define QT_CACHE_LINE 64

#endif
