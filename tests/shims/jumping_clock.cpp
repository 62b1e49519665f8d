// LD_PRELOAD library: the wall clock alternates between an hour early and an hour late.
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <ctime>

namespace {

long shift() {
    static std::atomic<unsigned> count{0};
    return count.fetch_add(1) % 2 == 0 ? 3600 : -3600;
}

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* time) {
    const auto failed = static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
    if (failed == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        time->tv_sec += shift();
    return failed;
}

extern "C" int gettimeofday(timeval* time, void* /*zone*/) {
    timespec now{};
    const int failed = ::clock_gettime(CLOCK_REALTIME, &now);
    *time = {now.tv_sec, now.tv_nsec / 1000};
    return failed;
}

extern "C" time_t time(time_t* into) {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    if (into != nullptr)
        *into = now.tv_sec;
    return now.tv_sec;
}
