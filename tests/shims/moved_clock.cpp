// LD_PRELOAD library: sets the wall clock by MOVED_CLOCK_BY seconds during a run.
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace {

std::atomic<long> received{0};

long number_in(const char* name) {
    const char* text = std::getenv(name);
    return text == nullptr ? 0 : std::strtol(text, nullptr, 10);
}

long moved_by() {
    static const long by = number_in("MOVED_CLOCK_BY");
    static const long after = number_in("MOVED_CLOCK_AFTER");
    return received >= after ? by : 0;
}

void move_stamps(msghdr& message) {
    for (cmsghdr* m = CMSG_FIRSTHDR(&message); m != nullptr; m = CMSG_NXTHDR(&message, m)) {
        if (m->cmsg_level != SOL_SOCKET || m->cmsg_type != SO_TIMESTAMPING)
            continue;
        timespec time{};
        std::memcpy(&time, CMSG_DATA(m), sizeof time);
        time.tv_sec += moved_by();
        std::memcpy(CMSG_DATA(m), &time, sizeof time);
    }
}

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
    const auto status = static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
    if (status == 0 && clock == CLOCK_REALTIME)
        time->tv_sec += moved_by();
    return status;
}

extern "C" ssize_t recvmsg(int socket, msghdr* message, int flags) {
    const ssize_t got = ::syscall(SYS_recvmsg, socket, message, flags);
    if (got >= 0)
        move_stamps(*message);
    return got;
}

extern "C" int recvmmsg(int socket, mmsghdr* messages, unsigned count, int flags,
                        timespec* timeout) {
    const auto got =
        static_cast<int>(::syscall(SYS_recvmmsg, socket, messages, count, flags, timeout));
    received += got > 0 ? got : 0;
    for (int i = 0; i < got; ++i)
        move_stamps(messages[i].msg_hdr);
    return got;
}
