/* Time from a request's issue to its completion as a log-linear distribution. A queue's requests are a fixed pool, so
 * the slot of one is kept, marked empty.
 */
BPF_HASH(issued, u64, u64, 16384);
BPF_PERCPU_ARRAY(latency, u64, LOG_BUCKETS);

int on_rawtracepoint__block_rq_issue(struct bpf_raw_tracepoint_args *ctx)
{
    if (!current_wanted())
        return 0;
    u64 request = ctx->args[0], now = bpf_ktime_get_ns();
    u64 *since = issued.lookup(&request);
    if (since)
        *since = now;
    else
        issued.update(&request, &now);
    return 0;
}

int on_rawtracepoint__block_rq_complete(struct bpf_raw_tracepoint_args *ctx)
{
    u64 request = ctx->args[0];
    u64 *since = issued.lookup(&request);
    if (!since || !*since)
        return 0;
    u32 bucket = tt_log_bucket(bpf_ktime_get_ns() - *since, SUB_BITS);
    *since = 0;
    u64 *count = latency.lookup(&bucket);
    if (count)
        ++*count;
    return 0;
}
