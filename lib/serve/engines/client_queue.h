// Connections on their way to the thread that serves them: a list under a lock.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "serve/service.h"

namespace sockbox::serve {

// May be used from any thread. Whoever puts has to wake whoever takes. As with a Place, a client
// that is put is as it was where that throws.
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

    // No more will come.
    void close() {
        const std::lock_guard lock(mutex_);
        content_.closed = true;
    }

    // All that is there; `closed` stays.
    Content take() {
        const std::lock_guard lock(mutex_);
        return {std::exchange(content_.clients, {}), content_.closed};
    }

  private:
    std::mutex mutex_;
    Content content_;
};

}  // namespace sockbox::serve
