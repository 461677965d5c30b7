/* Bytes allocated per kernel stack and per process, and pages per process. */
struct process {
    u32 pid;
    char comm[16];
};
struct kmalloc_record {
    u64 common, call_site, object, requested, allocated;
};
struct kmem_cache_alloc_record {
    u64 common, call_site, object, name, requested, allocated;
};
struct mm_page_alloc_record {
    u64 common, frame;
    u32 order;
};
BPF_STACK_TRACE(stacks, 65536);
BPF_PERCPU_HASH(by_stack, int, u64, 16384);
BPF_PERCPU_HASH(bytes, struct process, u64, 16384);
BPF_PERCPU_HASH(pages, struct process, u64, 16384);

static __always_inline struct process current_process(void)
{
    struct process process = {.pid = bpf_get_current_pid_tgid() >> 32};
    bpf_get_current_comm(process.comm, sizeof(process.comm));
    return process;
}

static __always_inline int count_bytes(void *ctx, u64 allocated)
{
    if (!current_wanted())
        return 0;
    int stack = stacks.get_stackid(ctx, 0);
    u64 *sum = by_stack.lookup(&stack);
    if (sum)
        *sum += allocated;
    else
        by_stack.update(&stack, &allocated);
    struct process process = current_process();
    sum = bytes.lookup(&process);
    if (sum)
        *sum += allocated;
    else
        bytes.update(&process, &allocated);
    return 0;
}

int on_tracepoint__kmem__kmalloc(struct kmalloc_record *ctx)
{
    return count_bytes(ctx, ctx->allocated);
}

int on_tracepoint__kmem__kmem_cache_alloc(struct kmem_cache_alloc_record *ctx)
{
    return count_bytes(ctx, ctx->allocated);
}

int on_tracepoint__kmem__mm_page_alloc(struct mm_page_alloc_record *ctx)
{
    if (!current_wanted())
        return 0;
    u64 allocated = 1ULL << ctx->order;
    struct process process = current_process();
    u64 *sum = pages.lookup(&process);
    if (sum)
        *sum += allocated;
    else
        pages.update(&process, &allocated);
    return 0;
}
