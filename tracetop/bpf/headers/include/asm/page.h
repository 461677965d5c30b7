/* Ring buffers are sized in pages; tracetop passes the running kernel's page size. */
#ifndef TT_ASM_PAGE_H
#define TT_ASM_PAGE_H
#define PAGE_SIZE TT_PAGE_SIZE
#endif
