// When Linux gives up a TCP connection whose peer does not answer: the arithmetic of its timers.
#pragma once

#include <chrono>
#include <limits>

namespace sockbox::net {

// The kernel compares the time that has passed with its limit only when one of its timers fires,
// and the timer wheel fires a timer up to an eighth late, never early (kernel/time/timer.c). So it
// is not always certain which check ends the connection; if it is, both times are equal.
struct GiveUp {
    std::chrono::nanoseconds earliest{};  // the first check that can end the connection
    std::chrono::nanoseconds latest{};    // the last one
    int tries = 0;                        // unanswered probes or retransmissions, as of `latest`
};

// SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT and TCP_USER_TIMEOUT (tcp(7)).
struct Keepalive {
    std::chrono::seconds idle{7200};    // before the first probe (TCP_KEEPIDLE)
    std::chrono::seconds interval{75};  // between probes (TCP_KEEPINTVL)
    int probes = 9;                     // unanswered ones that end the connection (TCP_KEEPCNT)
    std::chrono::milliseconds user_timeout{0};  // 0: none; otherwise `probes` has no effect
    std::chrono::nanoseconds tick{std::chrono::milliseconds(4)};  // 1/HZ
};

// How long after the peer's last segment the kernel gives up a connection without data in flight
// (tcp_keepalive_timer()). With a user timeout, that is the first probe after at least one other
// that finds it exceeded.
GiveUp give_up_idle(const Keepalive& keepalive);

// The retransmission of a segment, and what limits it.
struct Retransmission {
    std::chrono::nanoseconds first{};    // until the first one
    std::chrono::nanoseconds timeout{};  // the retransmission timeout (RTO), which then doubles
    std::chrono::nanoseconds max_timeout{std::chrono::seconds(120)};  // up to which it doubles
    // tcp_retries2 stands for a time rather than a number: the time that so many retransmissions
    // would take if the timeout began at `base`.
    int retries = 15;
    std::chrono::nanoseconds base{std::chrono::milliseconds(200)};
    std::chrono::milliseconds user_timeout{0};  // replaces `retries`; 0: none
    int undoubled = 0;                          // retransmissions before the timeout doubles
    int max_tries = std::numeric_limits<int>::max();
    bool since_sent = false;  // the limit counts from sending, not from the first retransmission
    std::chrono::nanoseconds tick{std::chrono::milliseconds(4)};  // 1/HZ
};

// How long after sending the kernel gives up (tcp_write_timeout(), retransmits_timed_out()).
GiveUp give_up_retransmitting(const Retransmission& retransmission);

// How long after sending a single segment it is retransmitted by the timeout. With tail loss probes
// (RFC 8985, section 7; tcp_schedule_loss_probe()) the timeout starts at the probe, which is sent
// after `smoothed_rtt` * 2 + `min_timeout`, or after the timeout if that is earlier or if
// `smoothed_rtt` is 0, which means that it is not known.
std::chrono::nanoseconds first_retransmission(std::chrono::nanoseconds timeout,
                                              std::chrono::nanoseconds smoothed_rtt,
                                              std::chrono::nanoseconds min_timeout,
                                              std::chrono::nanoseconds tick);

}  // namespace sockbox::net
