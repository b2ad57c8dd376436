// Where the folder to exchange files is: one name for the container's owner, its programs and the visitor.
import { EXCHANGE_FOLDER } from '../../../contract/exchange.ts';

/** As its programs see it. */
export const EXCHANGE_PATH = `/home/ebp/${EXCHANGE_FOLDER}`;
/** How the names of unfinished uploads begin. */
export const UPLOAD_PREFIX = '.ebp-upload-';
