// A thread inherits the signal mask of the one that starts it (pthread_sigmask(3)).
#include "system/thread.h"

#include <pthread.h>

#include <csignal>
#include <memory>

namespace sockbox::net {
namespace {

using Work = std::function<void()>;

void* run(void* work) {
    const std::unique_ptr<Work> own(static_cast<Work*>(work));
    (*own)();
    return nullptr;
}

// Returns an error number.
int create_detached(std::unique_ptr<Work> work) {
    pthread_attr_t attributes;
    if (const int failure = ::pthread_attr_init(&attributes); failure != 0)
        return failure;
    ::pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_t ignored{};
    const int failure = ::pthread_create(&ignored, &attributes, run, work.get());
    ::pthread_attr_destroy(&attributes);
    if (failure == 0)
        static_cast<void>(work.release());
    return failure;
}

}  // namespace

Result<std::thread> start_signal_free_thread(std::function<void()> work) {
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    auto started = start_thread(std::move(work));
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return started;
}

Status start_detached(std::function<void()> work, SignalHandlers handlers) {
    auto own = std::make_unique<Work>(std::move(work));
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    if (handlers == SignalHandlers::blocked)
        ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const int failure = create_detached(std::move(own));
    if (handlers == SignalHandlers::blocked)
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (failure == 0)
        return {};
    return fail(thread_failure({failure, std::system_category()}));
}

}  // namespace sockbox::net
