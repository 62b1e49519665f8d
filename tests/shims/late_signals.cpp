// LD_PRELOAD library: once main() has returned, the process sends itself the signals that a command
// catches.
#include <csignal>
#include <initializer_list>

namespace {

struct AtTheEnd {
    ~AtTheEnd() {
        for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGQUIT, SIGTERM, SIGINT})
            std::raise(number);
    }
};
[[maybe_unused]] const AtTheEnd at_the_end;

}  // namespace
