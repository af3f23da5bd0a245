/* What a crowd does once it has come in, at the least that it can cost: reads, counts, says the next message.
 *
 * The same as load.py and crowd.py, which say why; `compiled.py` calls it, with the sockets and the epoll of its own.
 * One thread. Nothing here decodes anything: a message is its mark and the eight digits behind it.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

enum { MARK = '^', DIGITS = 8, READ = 1 << 18, EVENTS = 1024, ORDER = 1 << 20, SCHEDULED = 1024, SAID = 1 << 16 };
enum { PARTS = 32, LATEST = 200 };
static const double KEEP_ALIVE = 2.0, STALLED = 0.5, PATIENCE = 0.05;

enum status { OVER, ASKED, ENDED, FAILED, INTERRUPTED, NO_MEMORY };

/* What the caller reads; `Told` in compiled.py. `which`: the connection of which ASKED, ENDED and FAILED speak, and
 * `size` bytes of it lie in `buffer`, of ENDED the latest that came. */
struct told {
    int64_t deliveries, lost, samples, size;
    double *latencies;
    unsigned char *buffer;
    int32_t which, error;
};

struct speaker {
    unsigned char *head, *tail; /* the sender's own count stands between them, unless it is below 0 */
    size_t head_size, tail_size, number_at;
    int64_t count;
};

struct latest {
    unsigned char words[LATEST]; /* the end of what came: the reason, if it was the last */
    int size;
};

struct crowd {
    struct told told;
    int poll, listeners, speakers, highest;
    int *fds, *places; /* by number of the connection; of the connection, by descriptor */
    int64_t *heard_at, *spoke_at; /* by number: when it last did, in parts of a round of `keep_alive` */
    int64_t *counts;   /* messages that each listener has */
    struct latest *latest; /* by number */
    struct speaker *speaking;
    unsigned char *asks, *ping, said[SAID];
    size_t asks_size, ping_size;
    int64_t capacity, passed, number, part, heard;
    int64_t order_in, order_out;
    uint32_t *order; /* numbers as the first listener saw them, from the first that some lack */
    int quiet; /* rounds of which who hears something needs but one */
    int digits, outstanding, timed; /* of a number that has begun; -1: none has */
    uint32_t begun;
    double moved, due, interval, scheduled[SCHEDULED];
    int64_t scheduled_number[SCHEDULED];
    struct epoll_event events[EVENTS];
};

static double now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec + at.tv_nsec / 1e9;
}

void crowd_free(struct crowd *c) {
    if (!c) return;
    for (int i = 0; c->speaking && i < c->speakers; i++) {
        free(c->speaking[i].head);
        free(c->speaking[i].tail);
    }
    free(c->speaking), free(c->fds), free(c->places), free(c->counts), free(c->order), free(c->asks), free(c->ping);
    free(c->heard_at), free(c->spoke_at), free(c->latest);
    free(c->told.latencies), free(c->told.buffer), free(c);
}

/* `fds`: by number, the listeners first; `poll`: an epoll that has them all. NULL: no memory. */
struct crowd *crowd_new(int poll, int listeners, int speakers, const int *fds) {
    struct crowd *c = calloc(1, sizeof *c);
    if (!c) return NULL;
    int count = listeners + speakers;
    c->poll = poll, c->listeners = listeners, c->speakers = speakers, c->digits = -1;
    for (int i = 0; i < count; i++)
        if (fds[i] > c->highest) c->highest = fds[i];
    c->fds = calloc(count + 1, sizeof *c->fds);
    c->places = calloc(c->highest + 1, sizeof *c->places);
    c->heard_at = calloc(count + 1, sizeof *c->heard_at), c->spoke_at = calloc(count + 1, sizeof *c->spoke_at);
    c->counts = calloc(listeners + 1, sizeof *c->counts);
    c->latest = calloc(count + 1, sizeof *c->latest);
    c->speaking = calloc(speakers + 1, sizeof *c->speaking);
    c->order = calloc(ORDER, sizeof *c->order);
    c->told.buffer = malloc(READ);
    int made = c->fds && c->places && c->heard_at && c->spoke_at && c->counts && c->speaking && c->order;
    if (!made || !c->latest || !c->told.buffer) {
        crowd_free(c);
        return NULL;
    }
    for (int i = 0; i < count; i++) c->fds[i] = fds[i], c->places[fds[i]] = i;
    for (int i = 0; i < SCHEDULED; i++) c->scheduled_number[i] = -1;
    return c;
}

static unsigned char *kept(const void *data, size_t size) {
    unsigned char *made = malloc(size + 1);
    if (made) memcpy(made, data, size);
    return made;
}

/* `asks`: what has to be answered; `ping`: what each says every two seconds, who hears something once in `quiet` of
 * these; `part`: up to which all have spoken in turn. 0: no memory. */
int crowd_words(struct crowd *c, const void *asks, size_t asks_size, const void *ping, size_t ping_size, int quiet,
                int64_t part) {
    c->quiet = quiet, c->part = part;
    for (int i = 0; i < c->listeners + c->speakers; i++) c->heard_at[i] = c->spoke_at[i] = part;
    c->asks = kept(asks, asks_size), c->asks_size = asks_size;
    c->ping = kept(ping, ping_size), c->ping_size = ping_size;
    return c->asks && c->ping;
}

/* What it says: `head`, its own count from `count` on (below 0: none), `tail` with the number at `number_at`. 0: no
 * memory, or too long. */
int crowd_speaker(struct crowd *c, int place, const void *head, size_t head_size, const void *tail, size_t tail_size,
                  size_t number_at, int64_t count) {
    struct speaker *one = &c->speaking[place];
    if (head_size + tail_size + 32 > SAID || number_at + DIGITS > tail_size) return 0;
    one->head = kept(head, head_size), one->head_size = head_size;
    one->tail = kept(tail, tail_size), one->tail_size = tail_size;
    one->number_at = number_at, one->count = count;
    return one->head && one->tail;
}

/* What a full socket does not take is lost; that the server has ended the connection is for who reads. */
static void put(int fd, const void *data, size_t size) {
    (void)!send(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void say(struct crowd *c, int place, double due) {
    struct speaker *one = &c->speaking[place];
    int64_t number = due > 0 ? c->number : c->number / c->speakers * c->speakers + place;
    size_t size = one->head_size;
    c->number++;
    if (due > 0) c->scheduled[number % SCHEDULED] = due, c->scheduled_number[number % SCHEDULED] = number;
    memcpy(c->said, one->head, size);
    if (one->count >= 0) size += sprintf((char *)c->said + size, "%lld", (long long)one->count++);
    for (int i = DIGITS - 1; i >= 0; i--, number /= 10) one->tail[one->number_at + i] = '0' + number % 10;
    memcpy(c->said + size, one->tail, one->tail_size);
    put(c->fds[c->listeners + place], c->said, size + one->tail_size);
}

static void say_all(struct crowd *c) {
    for (int i = 0; i < c->outstanding; i++)
        for (int place = 0; place < c->speakers; place++) say(c, place, 0);
}

/* Each has so many under way from now on. */
void crowd_close_loop(struct crowd *c, int outstanding) {
    c->outstanding = outstanding;
    c->moved = now();
    say_all(c);
}

/* One message every `interval` seconds from `due` on, whatever becomes of them. */
void crowd_open_loop(struct crowd *c, double due, double interval) {
    c->due = due, c->interval = interval;
}

/* What was counted so far is forgotten. */
void crowd_clear(struct crowd *c) { c->told.deliveries = c->told.lost = c->told.samples = 0; }

struct told *crowd_told(struct crowd *c) { return &c->told; }

static int64_t marks(const unsigned char *at, size_t size) {
    int64_t found = 0;
    while (size) {
        unsigned char some = 0; /* sixteen of them in one register: a wider one would be counted at half the speed */
        size_t part = size < 255 ? size : 255;
        for (size_t i = 0; i < part; i++) some += at[i] == MARK;
        found += some, at += part, size -= part;
    }
    return found;
}

static void note_order(struct crowd *c, size_t size) {
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = c->told.buffer[i];
        if (byte == MARK) {
            c->digits = 0, c->begun = 0;
        } else if (c->digits >= 0) {
            if (byte < '0' || byte > '9') {
                c->digits = -1;
                continue;
            }
            c->begun = c->begun * 10 + (byte - '0');
            if (++c->digits == DIGITS) {
                c->order[c->order_in++ % ORDER] = c->begun;
                c->digits = -1;
                if (c->order_in - c->order_out > ORDER) c->order_out = c->order_in - ORDER;
            }
        }
    }
}

static int sample(struct crowd *c, size_t size) {
    const unsigned char *at = memrchr(c->told.buffer, MARK, size);
    int64_t number = 0;
    if (!at || at + DIGITS >= c->told.buffer + size) return 1;
    for (int i = 1; i <= DIGITS; i++) {
        if (at[i] < '0' || at[i] > '9') return 1;
        number = number * 10 + (at[i] - '0');
    }
    if (c->scheduled_number[number % SCHEDULED] != number) return 1;
    if (c->told.samples == c->capacity) {
        int64_t more = c->capacity ? 2 * c->capacity : 65536;
        double *grown = realloc(c->told.latencies, more * sizeof *grown);
        if (!grown) return 0;
        c->told.latencies = grown, c->capacity = more;
    }
    c->told.latencies[c->told.samples++] = now() - c->scheduled[number % SCHEDULED];
    return 1;
}

static void note_latest(struct crowd *c, int which, ssize_t size) {
    struct latest *latest = &c->latest[which];
    latest->size = size < LATEST ? size : LATEST;
    memcpy(latest->words, c->told.buffer + size - latest->size, latest->size);
}

static enum status ended(struct crowd *c, int which) {
    c->told.size = c->latest[which].size;
    memcpy(c->told.buffer, c->latest[which].words, c->told.size);
    return ENDED;
}

static enum status take(struct crowd *c, int fd) {
    int which = c->told.which = c->places[fd];
    ssize_t size = recv(fd, c->told.buffer, READ, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return OVER;
    if (size < 0) return c->told.error = errno, FAILED;
    if (!size) return ended(c, which);
    note_latest(c, which, size);
    c->heard_at[which] = c->part;
    if (which < c->listeners) { /* not every kind of server tells the speakers as well */
        int64_t count = marks(c->told.buffer, size);
        c->told.deliveries += count, c->counts[which] += count;
        if (c->timed && count && !sample(c, size)) return NO_MEMORY;
    }
    if (!which) note_order(c, size);
    c->told.size = size;
    return c->asks_size && memmem(c->told.buffer, size, c->asks, c->asks_size) ? ASKED : OVER;
}

static enum status turn(struct crowd *c, double patience) {
    /* Rounded up: else it would come by without rest in the last millisecond before one is due. */
    int count = epoll_wait(c->poll, c->events, EVENTS, (int)ceil(1000 * patience));
    if (count < 0) return errno == EINTR ? INTERRUPTED : (c->told.error = errno, FAILED);
    for (int i = 0; i < count; i++) {
        enum status found = take(c, c->events[i].data.fd);
        if (found) return found; /* the others are still readable then */
    }
    return OVER;
}

/* In its own rounds, by the clock: whoever goes on for another, or hears something only now, is in step. */
static int has_to_speak(struct crowd *c, int which, int64_t due) {
    int in_turn = (due / PARTS - which / PARTS) % c->quiet == 0;
    return in_turn || c->heard_at[which] <= due - PARTS || due - c->spoke_at[which] >= c->quiet * PARTS;
}

static void keep_alive(struct crowd *c) {
    int64_t part = (int64_t)(now() / (KEEP_ALIVE / PARTS));
    int64_t first = c->part + 1 > part - PARTS + 1 ? c->part + 1 : part - PARTS + 1; /* a turn may be long */
    for (int64_t due = first; c->ping_size && due <= part; due++)
        for (int which = due % PARTS; which < c->listeners + c->speakers; which += PARTS)
            if (has_to_speak(c, which, due))
                put(c->fds[which], c->ping, c->ping_size), c->spoke_at[which] = due;
    c->part = part;
}

/* These servers drop messages: what some have got is what all will get. */
static void begin_again(struct crowd *c) {
    int64_t most = 0;
    for (int i = 0; i < c->listeners; i++) most = c->counts[i] > most ? c->counts[i] : most;
    for (int i = 0; i < c->listeners; i++) c->told.lost += most - c->counts[i], c->counts[i] = most;
    c->passed = most, c->order_out = c->order_in;
    say_all(c);
}

static void go_on(struct crowd *c, double at) {
    int64_t everybody = INT64_MAX;
    for (int i = 0; i < c->listeners; i++) everybody = c->counts[i] < everybody ? c->counts[i] : everybody;
    if (c->heard != c->told.deliveries) {
        c->moved = at, c->heard = c->told.deliveries;
    } else if (at - c->moved > STALLED) {
        c->moved = at;
        begin_again(c);
    }
    while (c->passed < everybody && c->order_out < c->order_in) {
        c->passed++;
        say(c, c->order[c->order_out++ % ORDER] % c->speakers, 0);
    }
}

/* Until then (CLOCK_MONOTONIC), or somebody has to be answered or has ended; then again. `timed`: looks at latencies. */
enum status crowd_run(struct crowd *c, double until, int timed) {
    double at;
    c->timed = timed;
    while ((at = now()) < until) {
        double patience = PATIENCE;
        for (; c->interval > 0 && c->due <= at; c->due += c->interval) say(c, c->number % c->speakers, c->due);
        if (c->interval > 0) patience = fmax(0, fmin(c->due - now(), patience));
        enum status found = turn(c, patience);
        keep_alive(c);
        if (c->outstanding && c->speakers) go_on(c, at);
        if (found) return found;
    }
    return OVER;
}
