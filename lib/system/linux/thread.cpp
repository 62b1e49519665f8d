// A thread inherits the signal mask of the one that starts it (pthread_sigmask(3)).
#include "system/thread.h"

#include <csignal>

namespace sockbox::net {

Result<std::thread> start_signal_free_thread(std::function<void()> work) {
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    auto started = start_thread(std::move(work));
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return started;
}

}  // namespace sockbox::net
