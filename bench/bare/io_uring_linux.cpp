// The lower bound for echod's io_uring engine: multishot receives into a ring of shared buffers,
// which are sent from where the kernel has filled them.
#include <liburing.h>
#include <sys/mman.h>

#include <utility>

#include "bare.h"

namespace {

constexpr unsigned entries = 1024;
constexpr unsigned buffers = 1024;  // a power of two
constexpr std::size_t buffer_bytes = 16 * 1024;
constexpr int none = -1;

enum Kind : std::uint64_t { accepted, received, sent, kinds = 3 };

struct Client {
    int socket = none;
    int first = none;  // the buffer that is being sent
    int last = none;   // of the list of buffers that follow it
    bool is_reading = false;
    bool has_ended = false;
};

class Loop {
  public:
    explicit Loop(int listener) : listener_(listener) {
        io_uring_params params{};
        params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                       IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE;
        params.cq_entries = 16 * entries;
        check(io_uring_queue_init_params(entries, &ring_, &params), "io_uring_queue_init");
        io_uring_register_ring_fd(&ring_);
        register_buffers();
        accept();
    }

    void run() {
        for (;;) {
            const int result = io_uring_submit_and_wait(&ring_, 1);
            if (result < 0 && result != -EINTR)
                check(result, "io_uring_submit_and_wait");
            io_uring_cqe* entry = nullptr;
            unsigned head = 0;
            unsigned count = 0;
            io_uring_for_each_cqe(&ring_, head, entry) {
                handle(*entry);
                ++count;
            }
            io_uring_cq_advance(&ring_, count);
            read_again();
        }
    }

  private:
    struct Waiting {
        int next = none;
        std::size_t bytes = 0;
    };

    static int check(int result, const char* what) {
        errno = -result;
        return bare::check(result, what);
    }

    void register_buffers() {
        void* list = ::mmap(nullptr, buffers * sizeof(io_uring_buf), PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (list == MAP_FAILED)
            bare::fail("mmap");
        free_ = static_cast<io_uring_buf_ring*>(list);
        io_uring_buf_reg request{};
        request.ring_addr = reinterpret_cast<std::uint64_t>(list);
        request.ring_entries = buffers;
        check(io_uring_register_buf_ring(&ring_, &request, 0), "io_uring_register_buf_ring");
        for (int i = 0; i < static_cast<int>(buffers); ++i)
            give_back(i);
    }

    char* memory_of(int buffer) {
        return memory_.get() + static_cast<std::size_t>(buffer) * buffer_bytes;
    }

    void give_back(int buffer) {
        io_uring_buf_ring_add(free_, memory_of(buffer), buffer_bytes,
                              static_cast<unsigned short>(buffer), io_uring_buf_ring_mask(buffers),
                              0);
        io_uring_buf_ring_advance(free_, 1);
        ++free_count_;
    }

    io_uring_sqe& next(void* object, Kind kind) {
        io_uring_sqe* entry = io_uring_get_sqe(&ring_);
        while (entry == nullptr) {
            check(io_uring_submit(&ring_), "io_uring_submit");
            entry = io_uring_get_sqe(&ring_);
        }
        entry->user_data = reinterpret_cast<std::uint64_t>(object) | kind;
        return *entry;
    }

    void accept() {
        io_uring_prep_multishot_accept(&next(nullptr, accepted), listener_, nullptr, nullptr, 0);
    }

    void receive(Client& client) {
        io_uring_sqe& entry = next(&client, received);
        io_uring_prep_recv_multishot(&entry, client.socket, nullptr, 0, 0);
        entry.flags |= IOSQE_BUFFER_SELECT;
        client.is_reading = true;
    }

    void send(Client& client) {
        io_uring_prep_send(&next(&client, sent), client.socket, memory_of(client.first),
                           waiting_[static_cast<std::size_t>(client.first)].bytes,
                           MSG_NOSIGNAL | MSG_WAITALL);
    }

    void handle(const io_uring_cqe& entry) {
        auto* client = reinterpret_cast<Client*>(entry.user_data & ~std::uint64_t{kinds});
        switch (entry.user_data & kinds) {
            case accepted: return on_accepted(entry);
            case received: return on_received(*client, entry);
            default: return on_sent(*client, entry.res);
        }
    }

    void on_accepted(const io_uring_cqe& entry) {
        if (entry.res >= 0)
            receive(*new Client{entry.res});
        if ((entry.flags & IORING_CQE_F_MORE) == 0)
            accept();
    }

    void on_received(Client& client, const io_uring_cqe& entry) {
        client.is_reading = (entry.flags & IORING_CQE_F_MORE) != 0;
        if (entry.res > 0) {
            append(client, static_cast<int>(entry.flags >> IORING_CQE_BUFFER_SHIFT),
                   static_cast<std::size_t>(entry.res));
            if (!client.is_reading && !client.has_ended)
                receive(client);
        } else if (entry.res == -ENOBUFS && !client.has_ended) {
            client.is_reading = true;  // soon: it must not be deleted before
            starved_.push_back(&client);
        } else {
            client.has_ended = true;
            delete_if_done(client);
        }
    }

    void append(Client& client, int buffer, std::size_t bytes) {
        --free_count_;
        waiting_[static_cast<std::size_t>(buffer)] = {none, bytes};
        if (client.first == none) {
            client.first = client.last = buffer;
            return send(client);
        }
        waiting_[static_cast<std::size_t>(client.last)].next = buffer;
        client.last = buffer;
    }

    void on_sent(Client& client, int result) {
        const Waiting done = waiting_[static_cast<std::size_t>(client.first)];
        const bool has_failed = result != static_cast<int>(done.bytes);
        give_back(client.first);
        client.first = done.next;
        while (has_failed && client.first != none) {
            give_back(client.first);
            client.first = waiting_[static_cast<std::size_t>(client.first)].next;
        }
        if (has_failed && !client.has_ended) {
            client.has_ended = true;
            ::shutdown(client.socket, SHUT_RDWR);  // ends the receive
        }
        if (client.first == none)
            return delete_if_done(client);
        send(client);
    }

    // Receives for clients that found no free buffer, once there are some.
    void read_again() {
        if (starved_.empty() || free_count_ == 0)
            return;
        for (Client* client : std::exchange(starved_, {})) {
            client->is_reading = false;
            if (client->has_ended)
                delete_if_done(*client);
            else
                receive(*client);
        }
    }

    static void delete_if_done(Client& client) {
        if (!client.has_ended || client.is_reading || client.first != none)
            return;
        ::close(client.socket);
        delete &client;
    }

    int listener_;
    io_uring ring_{};
    io_uring_buf_ring* free_ = nullptr;
    std::size_t free_count_ = 0;
    bare::Memory memory_ = bare::pages(buffers * buffer_bytes);
    std::vector<Waiting> waiting_ = std::vector<Waiting>(buffers);
    std::vector<Client*> starved_;
};

}  // namespace

// Usage: bare_io_uring [PORT [THREADS]]
int main(int argc, char** argv) {
    return bare::serve_on_threads(argc, argv, SOCK_STREAM,
                                  [](int listener) { Loop(listener).run(); });
}
