// Instructions as Documentation/bpf/standardization/instruction-set.rst has them.
#include "net/descriptor_programs_linux.h"

#include <bpf/bpf.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace sockbox::net {
namespace {

using Register = std::uint8_t;

constexpr Register result = BPF_REG_0;
constexpr Register first = BPF_REG_1;  // arguments of a call, which takes what is in them
constexpr Register second = BPF_REG_2;
constexpr Register third = BPF_REG_3;
constexpr Register context = BPF_REG_6;  // struct bpf_iter__task_file
constexpr Register file = BPF_REG_7;
constexpr Register sock = BPF_REG_8;
constexpr Register family = BPF_REG_7;  // once the file is done with
constexpr Register record = BPF_REG_9;
constexpr Register stack = BPF_REG_10;  // grows down

// Of the context, whose members are eight bytes apart, and of its struct bpf_iter_meta.
constexpr std::size_t context_meta = 0;
constexpr std::size_t context_descriptor = 16;
constexpr std::size_t context_file = 24;
constexpr std::size_t meta_output = 0;

class Program {
  public:
    void copy(Register to, Register from) { add(BPF_ALU64 | BPF_MOV | BPF_X, to, from); }
    void set(Register to, std::size_t number) {
        add(BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, number);
    }
    void add_to(Register to, std::size_t number) {
        add(BPF_ALU64 | BPF_ADD | BPF_K, to, 0, 0, number);
    }
    // BPF_DW is of eight bytes, BPF_W of four, BPF_H of two.
    void load(unsigned width, Register to, Register from, std::size_t offset) {
        add(BPF_LDX | BPF_MEM | width, to, from, offset);
    }
    void store(unsigned width, Register to, std::size_t offset, Register from) {
        add(BPF_STX | BPF_MEM | width, to, from, offset);
    }
    void load_value_of(Register to, int map) {
        add(BPF_LD | BPF_DW | BPF_IMM, to, BPF_PSEUDO_MAP_VALUE, 0, static_cast<std::size_t>(map));
        add(0);
    }
    void call(bpf_func_id function) { add(BPF_JMP | BPF_CALL, 0, 0, 0, function); }

    // To the end of the program.
    void leave_if(Register reg, std::size_t number) { leave(BPF_JEQ, reg, number); }
    void leave_unless(Register reg, std::size_t number) { leave(BPF_JNE, reg, number); }
    void leave_up_to(Register reg, std::size_t number) { leave(BPF_JLE, reg, number); }

    // Jumps over what `body` adds.
    template <class Body>
    void unless(Register reg, std::size_t number, const Body& body) {
        const std::size_t jump = code_.size();
        add(BPF_JMP | BPF_JEQ | BPF_K, reg, 0, 0, number);
        body();
        land(jump);
    }

    std::vector<bpf_insn> finish() {
        for (const std::size_t jump : leaves_)
            land(jump);
        set(result, 0);
        add(BPF_JMP | BPF_EXIT);
        return std::move(code_);
    }

  private:
    void add(unsigned code, Register to = 0, Register from = 0, std::size_t offset = 0,
             std::size_t number = 0) {
        bpf_insn& instruction = code_.emplace_back();
        instruction.code = static_cast<std::uint8_t>(code);
        instruction.dst_reg = to & 0xfU;
        instruction.src_reg = from & 0xfU;
        instruction.off = static_cast<std::int16_t>(offset);
        instruction.imm = static_cast<std::int32_t>(number);
    }
    void leave(unsigned how, Register reg, std::size_t number) {
        leaves_.push_back(code_.size());
        add(BPF_JMP | how | BPF_K, reg, 0, 0, number);
    }
    // Jumps count from the instruction behind them.
    void land(std::size_t jump) {
        code_[jump].off = static_cast<std::int16_t>(code_.size() - jump - 1);
    }

    std::vector<bpf_insn> code_;
    std::vector<std::size_t> leaves_;
};

// From the kernel's memory at the address in `third`; what cannot be read ends the program, as its
// bytes would be zeros.
void copy_to_record(Program& program, std::size_t offset, std::size_t size) {
    program.copy(first, record);
    program.add_to(first, offset);
    program.set(second, size);
    program.call(BPF_FUNC_probe_read_kernel);
    program.leave_unless(result, 0);
}

// Leaves `file` and the socket in `result`.
void find_socket(Program& program) {
    program.load(BPF_DW, file, context, context_file);
    program.leave_if(file, 0);
    program.copy(first, file);
    program.call(BPF_FUNC_sock_from_file);
    program.leave_if(result, 0);
}

// As many bytes as `size`, from the address in `second`.
void write_out(Program& program, std::size_t size) {
    program.load(BPF_DW, first, context, context_meta);
    program.load(BPF_DW, first, first, meta_output);
    program.set(third, size);
    program.call(BPF_FUNC_seq_write);
}

}  // namespace

DescriptorProgram list_sockets_behind(int last, const KernelLayout& layout) {
    const KernelLayout::Structures& at = layout.structures();
    Program program;
    program.copy(context, first);
    program.load(BPF_W, record, context, context_descriptor);
    program.leave_up_to(record, static_cast<std::size_t>(last));
    find_socket(program);
    program.store(BPF_DW, stack, 0 - sizeof(ListedDescriptor), record);
    program.load(BPF_DW, first, file, at.file_inode);
    program.load(BPF_DW, first, first, at.inode_number);
    program.store(BPF_DW, stack, 0 - sizeof(std::uint64_t), first);
    program.copy(second, stack);
    program.add_to(second, 0 - sizeof(ListedDescriptor));
    write_out(program, sizeof(ListedDescriptor));
    return program.finish();
}

DescriptorProgram copy_tcp_sockets(int room, const KernelLayout& layout) {
    const KernelLayout::Structures& at = layout.structures();
    constexpr std::size_t image = sizeof(ImageHead);
    Program program;
    program.copy(context, first);
    find_socket(program);
    program.load(BPF_DW, sock, result, at.socket_sock);
    program.leave_if(sock, 0);
    program.load(BPF_H, first, sock, at.sock_protocol);
    program.leave_unless(first, IPPROTO_TCP);
    program.load(BPF_H, first, sock, at.sock_type);
    program.leave_unless(first, SOCK_STREAM);
    program.load(BPF_H, family, sock, at.sock_family);
    program.unless(family, AF_INET, [&] { program.leave_unless(family, AF_INET6); });

    program.load_value_of(record, room);
    program.load(BPF_W, first, context, context_descriptor);
    program.store(BPF_DW, record, 0, first);
    program.copy(third, sock);
    copy_to_record(program, image, at.tcp_size);
    program.unless(family, AF_INET, [&] {
        program.load(BPF_DW, third, record, image + at.sock_ipv6);
        copy_to_record(program, image + at.tcp_size, at.ipv6_size);
    });
    program.copy(second, record);
    write_out(program, image + layout.image_size());
    return program.finish();
}

Result<Socket> attach(const DescriptorProgram& program, const KernelLayout& layout, int thread) {
    bpf_prog_load_opts loading{};
    loading.sz = sizeof loading;
    loading.expected_attach_type = BPF_TRACE_ITER;
    loading.attach_btf_id = layout.structures().iterator;
    const Socket loaded(::bpf_prog_load(BPF_PROG_TYPE_TRACING, "sockbox_sockets", "Dual MIT/GPL",
                                        program.data(), program.size(), &loading));
    if (!loaded.valid())
        return fail_last("load", "a BPF program");
    bpf_iter_link_info whose{};
    whose.task.tid = static_cast<std::uint32_t>(thread);
    bpf_link_create_opts attaching{};
    attaching.sz = sizeof attaching;
    attaching.iter_info = &whose;
    attaching.iter_info_len = sizeof whose;
    Socket attached(::bpf_link_create(loaded.native(), 0, BPF_TRACE_ITER, &attaching));
    if (!attached.valid())
        return fail_last("attach", "a BPF program");
    return attached;
}

Result<DescriptorRun> DescriptorRun::start(const Socket& attached) {
    Socket handle(::bpf_iter_create(attached.native()));
    if (!handle.valid())
        return fail_last("run", "a BPF program");
    return DescriptorRun(std::move(handle));
}

// The kernel may stop in between to let others run (EAGAIN).
Result<std::size_t> DescriptorRun::read(std::span<std::byte> buffer) const {
    for (;;) {
        const ssize_t got = ::read(handle_.native(), buffer.data(), buffer.size());
        if (got >= 0)
            return static_cast<std::size_t>(got);
        if (errno != EAGAIN && errno != EINTR)
            return fail_last("run", "a BPF program");
    }
}

}  // namespace sockbox::net
