// A locked queue of connections on their way to the thread that serves them.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "serve/service.h"

namespace sockbox::serve {

// Every method may be called from any thread. The caller of put() or close() has to wake the
// receiver. If put() throws std::bad_alloc, the client is unchanged, as with a ClientSink.
class ClientQueue {
  public:
    struct Content {
        std::vector<Client> clients;
        bool closed = false;
    };

    void put(Client&& client) {
        const std::lock_guard lock(mutex_);
        content_.clients.push_back(std::move(client));
    }

    // No more clients will be put.
    void close() {
        const std::lock_guard lock(mutex_);
        content_.closed = true;
    }

    // Removes and returns all clients; `closed` persists.
    Content take() {
        const std::lock_guard lock(mutex_);
        return {std::exchange(content_.clients, {}), content_.closed};
    }

  private:
    std::mutex mutex_;
    Content content_;
};

}  // namespace sockbox::serve
