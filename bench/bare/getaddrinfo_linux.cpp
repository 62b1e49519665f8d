// A bare multithreaded loop of getaddrinfo(3), the lower bound for resolving a list of names.
#include <netdb.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace {

std::vector<std::string> read_names() {
    std::vector<std::string> names;
    char line[1024];
    while (std::fgets(line, sizeof line, stdin) != nullptr) {
        names.emplace_back(line);
        while (!names.back().empty() && names.back().back() == '\n')
            names.back().pop_back();
    }
    return names;
}

bool resolves(const std::string& name) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(name.c_str(), nullptr, &hints, &found) != 0)
        return false;
    freeaddrinfo(found);
    return true;
}

}  // namespace

// Usage: bare_getaddrinfo THREADS <NAMES, with one name per line; prints how many resolved.
int main(int argc, char** argv) {
    const int threads = argc == 2 ? std::atoi(argv[1]) : 1;
    const std::vector<std::string> names = read_names();
    std::atomic<std::size_t> next{0};
    std::atomic<std::size_t> resolved{0};
    std::vector<std::thread> workers;
    for (int i = 0; i < threads; ++i)
        workers.emplace_back([&] {
            for (std::size_t mine = next++; mine < names.size(); mine = next++)
                resolved += resolves(names[mine]) ? 1 : 0;
        });
    for (std::thread& worker : workers)
        worker.join();
    std::printf("%zu\n", resolved.load());
    return resolved == names.size() ? 0 : 1;
}
